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
  staff_unknown: [404, 'there is no such member'],
  staff_exists: [409, 'this member exists already, or somebody of this name'],
  failed: [500, 'something went wrong on our side; send the same request again'],
  staff_self: [403, 'not yourself'],
} as const satisfies Record<string, readonly [status: number, says: string]>;

export type StaffError = keyof typeof staffErrors;
