import { randomUUID } from 'node:crypto';
import { createDb, type Clock } from '../../../src/platform';
import type { L1pOptions, OutgoingTransfer, QuoteRequest } from '../../../src/switch';
import { openL1pAddress } from '../../support/l1p';
import { createSide, type Side } from '../../support/side';
import { startHarness, type Harness } from '../scheme/harness';
import { payeeParty, payerParty } from './wire';

/** A provider of the scheme of 2017, without its core. */
interface Member extends Side {
  /** What other providers call. */
  readonly url: string;
}

export interface Members {
  readonly scheme: Harness;
  readonly payer: Member;
  readonly payee: Member;
  readonly close: () => Promise<void>;
}

export interface MembersOptions {
  /** By which both providers live; the scheme has its own. */
  readonly clock: Clock;
  readonly environment?: Readonly<Record<string, string>>;
  readonly payer?: (ports: Harness['ports']) => Partial<L1pOptions>;
}

/** The central services, which ask for credentials, and two members called `payer` and `payee`. */
export async function startMembers(
  databaseUrl: string,
  { clock, environment, payer }: MembersOptions,
): Promise<Members> {
  const settings = { SCHEME_AUTH: 'basic', SCHEME_CURRENCY: 'KES', SCHEME_SWEEP_MS: '50', ...environment };
  const scheme = await startHarness(settings);
  // As the gateway: whatever its role may not do, fails here.
  const db = createDb({ url: databaseUrl, connectionsMax: 4, role: 'starhash_app', onError: () => undefined });
  const open = async (name: string, options: Partial<L1pOptions> = {}) => {
    const address = await openL1pAddress(name, scheme.ports, options);
    const side = await createSide(name, () => address.adapter({ db, clock }));
    // The side itself, not a copy: whose adapter it has changes.
    return { address, member: Object.assign(side, { url: address.url }) };
  };
  const opened = [await open('payer', payer?.(scheme.ports)), await open('payee')] as const;
  const [{ member: paying }, { member: paid }] = opened;
  return {
    ...{ scheme, payer: paying, payee: paid },
    close: async () => {
      await Promise.all(opened.map(({ member }) => member.stop()));
      await Promise.all(opened.map(({ address }) => address.close()));
      await scheme.close();
      await db.close();
    },
  };
}

const inMs = (ms: number) => new Date(Date.now() + ms);
const amount = { amountMinor: 10_050n, currency: 'KES' } as const;

/** A quote that may be asked for. */
export function quoteOf(change: Partial<QuoteRequest> = {}): QuoteRequest {
  return {
    ...{ quoteId: randomUUID(), transactionId: randomUUID(), payer: payerParty, payee: payeeParty },
    ...{ amountType: 'SEND', amount, expiresAt: inMs(30_000) },
    transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    ...change,
  };
}

/** A transfer whose terms the payee's provider has made. */
export async function planTransfer({ payer, payee }: Record<'payer' | 'payee', Side>): Promise<OutgoingTransfer> {
  const request = quoteOf({ payee: { ...payeeParty, dfspId: payee.name } });
  await payer.adapter.requestQuote(request, { deadline: inMs(10_000) });
  const asked = await payee.next('onQuote');
  const payeeFee = { ...amount, amountMinor: 0n };
  const offer = { transferAmount: amount, payeeReceives: amount, payeeFee, expiresAt: inMs(20_000) };
  const terms = payee.adapter.termsOf(asked, offer);
  const { quoteId } = request;
  return { transferId: randomUUID(), dfspId: payee.name, quoteId, amount, terms, expiresAt: inMs(20_000) };
}
