import { createIds, systemClock, type Attachment } from '../../../src/platform';
import type { Leg, Transfer } from '../../../src/ledger';
import type { Books } from './books';
import type { Step } from './load';
import { attachmentsOf, type Parties } from './attached';

/** The transfers that load is made of, cheap to draw: the generator shares the processor with the engine. */
const ids = createIds(systemClock);
const amountMinor = 100n;
const feeMinor = 1n;
const reserveMs = 300_000;

interface Shape {
  /** House accounts that take a fee, one leg each. */
  readonly fees?: number;
  /** Whether the payment counts toward the limits of both accounts. */
  readonly counted?: boolean;
  /** Whether a payment row, an event and two messages come with each. */
  readonly attached?: boolean;
}

/** Accounts drawn before anything is measured, over and over. */
function createDraw({ firstAccount, accounts }: Books): () => Parties {
  const drawn = 1 << 20;
  const places = Int32Array.from({ length: drawn }, () => Math.floor(Math.random() * accounts));
  let next = 0;
  return () => {
    next = (next + 2) & (drawn - 1);
    const payer = places[next] ?? 0;
    const other = places[next + 1] ?? 0;
    const payee = other === payer ? (other + 1) % accounts : other;
    return { payer: firstAccount + payer, payee: firstAccount + payee };
  };
}

type Draw = () => { transferId: string; legs: Leg[]; attachments?: Attachment[] };

/** A payment with its fees, and what comes with it. */
export function paymentsOf(books: Books, { fees = 1, counted = false, attached = false }: Shape = {}): Draw {
  const draw = createDraw(books);
  const { feeIncome, commissionExpense, trust } = books.chart;
  const houses = [feeIncome, commissionExpense, trust].slice(0, fees);
  return () => {
    const parties = draw();
    const payer = String(parties.payer);
    const legs: Leg[] = [
      { debitAccountId: payer, creditAccountId: String(parties.payee), amountMinor, code: 'principal', counted },
    ];
    for (const house of houses) {
      legs.push({ debitAccountId: payer, creditAccountId: house, amountMinor: feeMinor, code: 'fee' });
    }
    const transferId = ids.uuid();
    return attached ? { transferId, legs, attachments: attachmentsOf(transferId, parties) } : { transferId, legs };
  };
}

async function accepted(books: Books, transfer: Transfer): Promise<void> {
  const [outcome] = await books.ledger.post([transfer]);
  if (!outcome?.ok) throw new Error(`a transfer that should go through was refused: ${outcome?.error ?? '?'}`);
}

/** One payment, at once. */
export function payment(books: Books, shape: Shape = {}): Step {
  const draw = paymentsOf(books, shape);
  return () => accepted(books, { kind: 'transfer', ...draw() });
}

/** Holds the money of a payment, then carries it out: both are one step. */
export function pair(books: Books, shape: Shape = {}): Step {
  const draw = paymentsOf(books, shape);
  return async () => {
    const reserve = draw();
    const expiresAt = new Date(systemClock.now().getTime() + reserveMs);
    await accepted(books, { kind: 'reserve', ...reserve, expiresAt });
    await accepted(books, { kind: 'post', transferId: ids.uuid(), pendingId: reserve.transferId });
  };
}

const refusedShare = 0.05;
const repeatedShare = 0.01;
const moreThanAnybodyHas = 10n ** 14n;
const remembered = 100_000;

/** Payments of which some ask for more than the payer has, and some are such as came before. */
export function refused(books: Books, shape: Shape = {}): Step {
  const draw = paymentsOf(books, shape);
  const earlier: Transfer[] = [];
  let next = 0;
  const remember = (transfer: Transfer): void => {
    earlier[next] = transfer;
    next = (next + 1) % remembered;
  };
  return async () => {
    const chance = Math.random();
    const again = chance < repeatedShare ? earlier[Math.floor(Math.random() * earlier.length)] : undefined;
    if (again) {
      const [outcome] = await books.ledger.post([again]);
      if (!outcome?.ok || !outcome.value.repeated) throw new Error('a transfer that came before was not known again');
      return;
    }
    const drawn = draw();
    if (chance > 1 - refusedShare) {
      const legs = drawn.legs.map((leg) => ({ ...leg, amountMinor: moreThanAnybodyHas }));
      const [outcome] = await books.ledger.post([{ kind: 'transfer', ...drawn, legs }]);
      if (outcome?.ok !== false || outcome.error !== 'insufficient_funds') throw new Error('too much was not refused');
      return;
    }
    const transfer: Transfer = { kind: 'transfer', ...drawn };
    await accepted(books, transfer);
    remember(transfer);
  };
}
