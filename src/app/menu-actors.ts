import { fromPromise, type PromiseActorLogic } from 'xstate';
import { balance } from '../../menus/balance';
import { cashIn } from '../../menus/cash-in';
import { cashOut } from '../../menus/cash-out';
import { main, type Greeting } from '../../menus/main';
import { pending } from '../../menus/pending';
import { resume } from '../../menus/resume';
import { sendMoney } from '../../menus/send-money';
import { settings } from '../../menus/settings';
import { signup, type Registration } from '../../menus/signup';
import { statement } from '../../menus/statement';
import type { AuditEvent } from '../audit';
import { fullName, type Customer, type StoredPin } from '../identity';
import type { LastPayment, Quote } from '../payments';
import { formatAmount, formatDay, type Msisdn } from '../platform';
import type { Product } from '../rules';
import { flowOf, isLanguage, type Flow, type Language } from '../ussd';
import { refusal, unwrap } from './refusals';
import { defaultLanguage, type Services } from './services';

/** The only place where menus meet the domain: every actor that a tree declares gets its service here. */
export function bindMenus(services: Services): ReadonlyMap<string, Flow> {
  const machines = [
    main.provide({ actors: mainActors(services) }),
    signup.provide({ actors: signupActors(services) }),
    sendMoney.provide({ actors: sendMoneyActors(services) }),
    cashIn.provide({ actors: cashInActors(services) }),
    cashOut.provide({ actors: cashOutActors(services) }),
    pending.provide({ actors: pendingActors(services) }),
    balance.provide({ actors: balanceActors(services) }),
    statement.provide({ actors: statementActors(services) }),
    settings.provide({ actors: settingsActors(services) }),
    resume,
  ];
  return new Map(machines.map((machine) => [machine.id, flowOf(machine)]));
}

/** A service as an actor: what it throws is for the machine's `onError`. */
function serve<Input, Output>(work: (input: Input) => Promise<Output>): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(({ input }) => work(input));
}

function mainActors({ identity, payments, market }: Services) {
  return {
    greet: serve(async ({ msisdn }: { msisdn: string }): Promise<Greeting> => {
      const customer = await identity.byMsisdn(msisdn as Msisdn);
      if (!customer) throw refusal('unregistered');
      if (customer.status !== 'active') throw refusal('account_closed');
      const last = await payments.lastPayment(customer.customerId);
      return {
        customerId: customer.customerId,
        language: isLanguage(customer.language) ? customer.language : defaultLanguage,
        currency: market.currency,
        firstName: customer.firstName,
        isAgent: customer.role === 'agent',
        ...(last && { notice: noticeOf(last) }),
      };
    }),
    noticeSeen: serve(({ paymentId }: { paymentId: string }) => payments.markSeen({ paymentId })),
  };
}

function noticeOf({ name, amountMinor, reference, ...rest }: LastPayment): NonNullable<Greeting['notice']> {
  return { ...rest, payee: name, amountMinor: amountMinor.toString(), reference: reference ?? '' };
}

function signupActors({ identity, onboarding }: Services) {
  return {
    hashPin: serve(async (input: { pin: string; birthDate: string }) =>
      unwrap(await identity.hashPin(input.pin, input.birthDate)),
    ),
    matchPin: serve(async (input: { pin: string; newPin: StoredPin }) => {
      unwrap(await identity.matchPin(input.newPin, input.pin));
    }),
    register: serve(async ({ newPin, msisdn, ...person }: Registration) => {
      unwrap(await onboarding.open({ ...person, msisdn: msisdn as Msisdn, pin: newPin }));
    }),
  };
}

interface PinHop {
  customerId: string;
  pin: string;
  hopKey: string;
}

interface Lookup {
  customerId: string;
  msisdn: string;
}

/** Looks up, quotes and submits one product for whoever calls; `show` is what that tree shows of a quote. */
function paymentActors<Q>({ payments }: Services, product: Product, show: (quote: Quote) => Q) {
  return {
    lookup: serve(async ({ customerId, msisdn }: Lookup) => {
      const { other } = unwrap(await payments.lookup({ product, initiatorId: customerId, msisdn: msisdn as Msisdn }));
      return personOf(other);
    }),
    quote: serve(async ({ customerId, msisdn, amountMinor }: Lookup & { amountMinor: string }) => {
      const request = { product, initiatorId: customerId, msisdn: msisdn as Msisdn, amountMinor: BigInt(amountMinor) };
      return show(unwrap(await payments.quote(request)));
    }),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference } = unwrap(await payments.submit(input));
      return { reference };
    }),
  };
}

function personOf(customer: Customer): { msisdn: string; name: string } {
  return { msisdn: customer.msisdn, name: fullName(customer) };
}

function sendMoneyActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'send', ({ quoteId, amountMinor, feeMinor }) => ({
    quoteId,
    amountMinor: amountMinor.toString(),
    feeMinor: feeMinor.toString(),
    totalMinor: (amountMinor + feeMinor).toString(),
  }));
  return {
    recentPayees: serve(async ({ customerId }: { customerId: string }) =>
      (await services.payments.recentPayees(customerId)).map(personOf),
    ),
    lookupPayee: lookup,
    quote,
    submit,
  };
}

function cashInActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'cash_in', ({ quoteId, amountMinor, commissionMinor }) => ({
    quoteId,
    amountMinor: amountMinor.toString(),
    commissionMinor: commissionMinor.toString(),
  }));
  return { lookupCustomer: lookup, quote, submit };
}

function cashOutActors(services: Services) {
  const { lookup, quote, submit } = paymentActors(services, 'cash_out', ({ quoteId, amountMinor, feeMinor }) => ({
    quoteId,
    amountMinor: amountMinor.toString(),
    feeMinor: feeMinor.toString(),
  }));
  return { lookupCustomer: lookup, quote, request: submit };
}

function pendingActors({ payments }: Services) {
  return {
    listPending: serve(async ({ customerId }: { customerId: string }) =>
      (await payments.pendingRequests(customerId)).map(({ payment: { paymentId, amountMinor, feeMinor }, name }) => ({
        paymentId,
        name,
        amountMinor: amountMinor.toString(),
        feeMinor: feeMinor.toString(),
        totalMinor: (amountMinor + feeMinor).toString(),
      })),
    ),
    approve: serve(async (input: { customerId: string; paymentId: string; pin: string; hopKey: string }) => {
      const { reference } = unwrap(await payments.approve(input));
      return { reference };
    }),
    reject: serve(async (input: { customerId: string; paymentId: string; hopKey: string }) => {
      unwrap(await payments.reject(input));
    }),
  };
}

function balanceActors({ payments }: Services) {
  return {
    balances: serve(async (input: PinHop) =>
      unwrap(await payments.balances(input)).map(({ kind, availableMinor, heldMinor }) => ({
        kind,
        availableMinor: availableMinor.toString(),
        heldMinor: heldMinor.toString(),
      })),
    ),
  };
}

function statementActors({ payments, market }: Services) {
  return {
    statement: serve(async (input: PinHop) =>
      unwrap(await payments.statement(input)).map(({ payment, direction, name }) => ({
        direction,
        name,
        date: formatDay(payment.updatedAt, market),
        amount: formatAmount(payment.amountMinor, payment.currency),
        fee: formatAmount(payment.feeMinor, payment.currency),
      })),
    ),
  };
}

function settingsActors({ db, identity, notifications, audit }: Services) {
  return {
    setLanguage: serve(({ customerId, language }: { customerId: string; language: Language }) =>
      db.tx(async (tx) => {
        const before = await identity.setLanguage(tx, customerId, language);
        if (before === language) return;
        const change = { old: { language: before }, new: { language } };
        await audit.record(tx, [{ action: 'language.changed', ...byCustomer(customerId), ...change }]);
      }),
    ),
    verifyPin: serve(async ({ hopKey, ...input }: PinHop) => {
      unwrap(await identity.verifyPin({ ...input, attemptKey: hopKey }));
    }),
    hashNewPin: serve(async (input: { customerId: string; pin: string }) =>
      unwrap(await identity.hashNewPin(input.customerId, input.pin)),
    ),
    changePin: serve(async (input: { customerId: string; pin: string; newPin: StoredPin; proof: string }) => {
      unwrap(await identity.matchPin(input.newPin, input.pin));
      await db.tx(async (tx) => {
        const { customerId, newPin, proof } = input;
        unwrap(await identity.changePin(tx, { customerId, pin: newPin, proof }));
        const customer = await identity.byId(tx, customerId);
        if (customer) await notifications.tell(tx, customer, 'sms.pinChanged');
        await audit.record(tx, [{ action: 'pin.changed', ...byCustomer(customerId), traceId: proof }]);
      });
    }),
  };
}

/** What somebody did to their own account. */
function byCustomer(customerId: string): Pick<AuditEvent, 'actor' | 'subject'> {
  return { actor: { kind: 'customer', id: customerId }, subject: { kind: 'customer', id: customerId } };
}
