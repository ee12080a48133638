/** What the agents' room may answer instead of doing what it was asked. No money has moved when any of these is returned. */
export type AgentError =
  /** Whoever asks is no agent, or may not take from or look at that account. */
  | 'not_allowed'
  /** The customer has no code for this agent, or it was used, cancelled or has expired. */
  | 'code_unknown'
  /** Detail `left`: the tries that remain. */
  | 'code_wrong'
  /** It was typed wrongly too often: the money is free again. */
  | 'code_spent'
  /** The customer's code was not told, or too long ago. */
  | 'code_needed'
  /** The customer has an open code, or an open request of this agent. */
  | 'code_open'
  /** Nobody looked at the customer's ID, and the amount asks for it. */
  | 'id_needed'
  /** These are not the last letters or digits of the ID that we know. */
  | 'id_mismatch'
  /** Float moves between an agent and the super-agent only. */
  | 'float_unrelated'
  /** There is no super-agent to ask. */
  | 'super_missing'
  /** A request for float is open already. */
  | 'float_asked'
  /** The request was answered or has expired. */
  | 'request_gone'
  /** There is no commission to move. */
  | 'commission_none'
  /** The low alarm must be below the high one. */
  | 'alarms_crossed';

/** Why the staff's order about a hierarchy is refused. */
export type HierarchyError = 'agent_unknown' | 'super_itself' | 'super_below' | 'super_above';
