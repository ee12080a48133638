import { aloneScheme, appRole, createServices, type Services } from '../../src/app';
import { loadSecrets, readRunFile } from '../../src/embedded';
import {
  assert,
  createDb,
  createIds,
  createLog,
  loadConfig,
  parseKeyring,
  parseMsisdn,
  systemClock,
  type Db,
  type Secrets,
} from '../../src/platform';

/** The domain of a running system, opened beside it on the same database and with the same keys. */
export interface Beside {
  readonly services: Services;
  readonly secrets: Secrets;
  readonly databaseUrl: string;
  /** The owner of the database, for what the gateway's role may not do. */
  readonly owner: Db;
  readonly close: () => Promise<void>;
}

/** Opens the database of the system that runs on `dataDir` with its embedded PostgreSQL. */
export async function openBeside(dataDir: string): Promise<Beside> {
  const run = await readRunFile(dataDir);
  assert(run, `no starhash runs on ${dataDir}`);
  const kept = await loadSecrets(dataDir);
  const secrets: Secrets = {
    peppers: parseKeyring(`dev:${kept.pinPepper}`),
    dataKeys: parseKeyring(`dev:${kept.dataKey}`),
    indexKey: Buffer.from(kept.indexKey, 'hex'),
    hopKey: Buffer.from(kept.hopKey, 'hex'),
    auditKeys: parseKeyring(`dev:${kept.auditKey}`),
  };
  const { market, limits, scheme: own } = loadConfig({});
  const url = run.databaseUrl;
  const db = createDb({ url, connectionsMax: 6, role: appRole, onError: () => undefined });
  const owner = createDb({ url, connectionsMax: 4, onError: () => undefined });
  const ids = createIds(systemClock);
  const log = createLog('silent');
  const scheme = { ...own, ...aloneScheme(own, { clock: systemClock, log }) };
  const services = createServices({ db, clock: systemClock, ids, log, secrets, market, limits, scheme });
  const close = async (): Promise<void> => {
    await services.ledger.close();
    await Promise.all([db.close(), owner.close()]);
  };
  return { services, secrets, databaseUrl: url, owner, close };
}

/** Somebody with money, for a crowd of callers. */
export interface Member {
  readonly msisdn: string;
  readonly customerId: string;
  readonly accountId: string;
  readonly pin: string;
}

/** One for all of them: a hash costs 20 ms, and whose PIN it is makes no difference here. */
const crowdPin = '5038';

/** Adds `count` customers to the database, each with `balanceMinor` from the trust account. `prefix`: of their numbers, less five digits. */
export async function addCrowd(
  { services }: Beside,
  count: number,
  balanceMinor: bigint,
  prefix = '+2547100',
): Promise<Member[]> {
  const { db, accounts, identity, onboarding, market } = services;
  const birthDate = '1990-01-31';
  const pin = await identity.hashPin(crowdPin, birthDate);
  assert(pin.ok, 'a PIN can be hashed');
  const people = Array.from({ length: count }, (_, index) => {
    const msisdn = parseMsisdn(`${prefix}${String(index).padStart(5, '0')}`, market.country);
    assert(msisdn, 'the numbers of the crowd are numbers');
    return {
      msisdn,
      firstName: firstNames[index % firstNames.length] ?? 'Asha',
      lastName: 'Crowd',
      birthDate,
      nationalId: `CROWD${String(index).padStart(6, '0')}`,
      language: 'en',
      role: 'customer' as const,
      pin: pin.value,
      balanceMinor,
    };
  });
  await onboarding.openSandbox(people);
  const members: Member[] = [];
  // One after another: a crowd at once would wait for connections until it has waited too long.
  for (const { msisdn } of people) {
    const customer = await identity.byMsisdn(msisdn);
    assert(customer, 'who was added is there');
    const accountId = (await accounts.primaryOf(db, customer.customerId))?.accountId;
    assert(accountId, 'every customer has a main account');
    members.push({ msisdn, customerId: customer.customerId, accountId, pin: crowdPin });
  }
  return members;
}

const firstNames = ['Asha', 'Baraka', 'Chiku', 'Dalila', 'Enzi', 'Faraji', 'Ghalib', 'Hasina'];
