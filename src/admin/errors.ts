/** Why the staff's door or a command refuses: the status of HTTP, and what the member reads. No internals, no papers. */
export const staffErrors = {
  token_unknown: [401, 'log in with your token: this one opens nothing'],
  token_expired: [401, 'your token has expired: ask an admin to renew it'],
  member_disabled: [401, 'you are not active any more'],
  member_dormant: [401, 'you have not been here for long: ask an admin to renew your token'],
  member_invited: [403, 'activate first: staff activate'],
  too_many: [429, 'too many requests: wait a minute'],
  command_unknown: [404, 'there is no such command'],
  body_unreadable: [400, 'the body must be a JSON object'],
  content_type: [415, 'the body must be application/json'],
  body_too_large: [413, 'the body is too large'],
  role_refused: [403, 'your role may not do this'],
  argument_invalid: [400, 'an argument is wrong'],
  reason_missing: [400, 'say why: a reason of 3 to 300 letters'],
  act_unknown: [404, 'there is no such act'],
  act_different: [409, 'another act has this id'],
  act_decided: [409, 'this act was decided before'],
  act_expired: [409, 'this proposal has expired: make it again'],
  same_person: [403, 'you made it: somebody else must decide'],
  person_unknown: [404, 'nobody is known by this'],
  person_ambiguous: [409, 'several people are known by this: name one by the user number'],
  phone_malformed: [400, 'that is not a phone number'],
  payment_unknown: [404, 'no payment has this reference or id'],
  account_unknown: [404, 'this person owns no such account'],
  freeze_end_past: [422, 'it would have ended already'],
  freeze_unknown: [404, 'there is no such freeze'],
  freeze_lifted: [409, 'this freeze was lifted before'],
  freeze_nothing: [422, 'there is no open account to freeze'],
  application_unknown: [404, 'there is no such open application'],
  application_decided: [409, 'this application was decided before'],
  application_needless: [409, 'they are an agent or a merchant already'],
  application_open: [409, 'they have an open application'],
  id_mismatch: [422, 'that is not the ID that we know'],
  customer_unknown: [404, 'nobody is known by this'],
  tier_unknown: [404, 'there is no such tier'],
  not_overridden: [409, 'nobody has put them where they are by hand'],
  not_agent: [422, 'this is no agent'],
  money_refused: [422, 'the money does not move'],
  rules_invalid: [422, 'these rules are wrong'],
  rules_unknown: [404, 'there is no such proposal'],
  rules_decided: [409, 'this proposal was decided before'],
  effective_date_past: [422, 'they would hold from a moment that is over or too near'],
  agent_unknown: [409, 'only active agents stand in a hierarchy'],
  super_itself: [409, 'nobody stands above themselves'],
  super_below: [409, 'that one stands below a super-agent already: there are two levels'],
  super_above: [409, 'this agent has agents below: there are two levels'],
  sim_swapped: [409, 'the SIM of their number was changed lately: no code goes there yet'],
  sim_unknown: [503, 'the network does not say whether their SIM was changed: try again later'],
  phone_missing: [422, 'they have no phone that a code could go to'],
  pin_missing: [422, 'they have no PIN yet: they choose one at their first call'],
  resets_too_many: [429, 'they were sent enough codes for one day'],
  staff_unknown: [404, 'there is no such member'],
  staff_exists: [409, 'this member exists already, or somebody of this name'],
  failed: [500, 'something went wrong on our side; send the same request again'],
  staff_self: [403, 'not yourself'],
} as const satisfies Record<string, readonly [status: number, says: string]>;

export type StaffError = keyof typeof staffErrors;

/** What the member reads, with the field or the problem that the refusal names. */
export function sentenceOf(
  code: StaffError,
  { field, why, problem }: Readonly<Record<string, string | number>> = {},
): string {
  const [, says] = staffErrors[code];
  if (why !== undefined) return `${field ?? ''} ${why}`;
  return problem === undefined ? says : `${says}: ${problem}`;
}
