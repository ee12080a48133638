/** Rows read page by page, one looked at ahead; no more than a page is held. */
export class Stream<T> {
  private rows: T[] = [];
  private place = 0;
  private last: T | undefined;
  private ended = false;

  /** `read` gives the rows after one, at most `limit`, in order. */
  constructor(
    private readonly read: (after: T | undefined, limit: number) => Promise<T[]>,
    private readonly limit: number,
  ) {}

  /** The next row if it is in memory: spares a promise a row. */
  get ready(): T | undefined {
    return this.rows[this.place];
  }

  /** The next row, read if need be; undefined at the end. */
  async peek(): Promise<T | undefined> {
    if (this.place === this.rows.length && !this.ended) {
      this.rows = await this.read(this.last, this.limit);
      this.place = 0;
      this.last = this.rows.at(-1);
      this.ended = this.rows.length < this.limit;
    }
    return this.ready;
  }

  step(): void {
    this.place += 1;
  }
}
