/** A value as JSON has it; amounts are decimal strings. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * A row that commits with money or not at all: the ledger hands it to the database function `attach_<writer>` in the
 * transaction that moves the money, and knows nothing else of it. It is written once, when its transfer is accepted;
 * a refused or repeated transfer writes none.
 */
export interface Attachment {
  readonly writer: string;
  readonly row: Readonly<Record<string, Json>>;
}
