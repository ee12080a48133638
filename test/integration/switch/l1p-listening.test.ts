import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { L1pOptions } from '../../../src/switch';
import type { Context, OutgoingTransfer } from '../../../src/switch/port';
import { issueCertificate } from '../../support/certificates';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { openL1pAddress } from '../../support/l1p';
import { startSchemeProcess, type SchemeProcess } from '../../support/sim-process';
import { createSide, type Side } from '../../support/side';
import { createMovableClock } from '../../support/world';
import { planTransfer } from './members';

const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });

/** What the ledger says over its socket: in these tests nobody looks by themselves for what they were not told. */
describe('the socket of the ledger of 2017', () => {
  let database: TestDatabase;
  let scheme: SchemeProcess;
  let closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    scheme = await startSchemeProcess({ SCHEME_CURRENCY: 'KES', SCHEME_AUTH: 'basic' });
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
    closing = [];
  });
  afterAll(async () => {
    await scheme.close();
    await database.drop();
  });

  const clock = createMovableClock();
  async function open(name: string, options: Partial<L1pOptions> = {}): Promise<Side> {
    const address = await openL1pAddress(name, scheme.ports, { catchUpMs: 600_000, ...options });
    const side = await createSide(name, () => address.adapter({ db: database.db, clock }));
    closing.push(async () => {
      await side.stop();
      await address.close();
    });
    return side;
  }
  const anyName = () => `p${randomUUID().slice(0, 8)}`;
  const pair = async () => ({ payer: await open(anyName()), payee: await open(anyName()) });

  async function expectTold(payer: Side, payee: Side, transfer: OutgoingTransfer): Promise<void> {
    expect(await payer.adapter.prepareTransfer(transfer, context())).toEqual({ status: 'accepted' });
    const { transferId, terms } = transfer;
    expect(await payee.next('onPrepare')).toMatchObject({ transferId, dfspId: payer.name });
    const result = { state: 'reserved', terms } as const;
    await payee.adapter.answerPrepare({ transferId, dfspId: payer.name, result }, context());
    expect(await payer.next('onTransferOutcome')).toEqual({ transferId, state: 'committed' });
  }

  test('R191: is opened again after the ledger was killed', async () => {
    const { payer, payee } = await pair();
    await scheme.kill();
    await sleep(300);
    await scheme.start();
    await expectTold(payer, payee, await planTransfer({ payer, payee }));
  });

  test('is opened although the directory is away, and when the scheme comes up after us', async () => {
    const { payer, payee } = await pair();
    const transfer = await planTransfer({ payer, payee });
    await payee.stop();
    const again = await open(payee.name, { directoryUrl: 'http://127.0.0.1:9' });
    await expectTold(payer, again, transfer);
    await scheme.kill();
    const late = await open(anyName());
    await scheme.start();
    await sleep(1_000);
    await expectTold(payer, late, await planTransfer({ payer, payee: late }));
  });

  test('goes over TLS with our certificate, where the scheme asks for one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'l1p-'));
    closing.push(() => rm(folder, { recursive: true }));
    for (const name of ['ledger', 'ours']) await issueCertificate(folder, name);
    const file = (name: string) => path.join(folder, name);
    const [key, cert, ca] = await Promise.all(
      ['ledger.key', 'ledger.pem', 'ours.pem'].map((name) => readFile(file(name))),
    );
    const seen = new Set<string>();
    const before = createTlsServer(
      { key, cert, ca: ca ?? '', requestCert: true, rejectUnauthorized: true },
      (socket: TLSSocket) => {
        seen.add(String(socket.getPeerCertificate().subject.CN));
        const behind = connect(scheme.ports.api, '127.0.0.1');
        socket.pipe(behind).pipe(socket);
        for (const end of [socket, behind]) end.on('error', () => [socket, behind].forEach((one) => one.destroy()));
      },
    );
    await new Promise<void>((resolve) => before.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => before.close(() => resolve())));
    const { port } = before.address() as { port: number };
    const tls = { caFile: file('ledger.pem'), certFile: file('ours.pem'), keyFile: file('ours.key') };
    const secured = { ledgerUrl: `https://127.0.0.1:${port}`, tls };
    const [payer, payee] = [await open(anyName(), secured), await open(anyName(), secured)];
    await expectTold(payer, payee, await planTransfer({ payer, payee }));
    expect([...seen]).toEqual(['ours']);
  });
});
