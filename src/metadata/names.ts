/** Physical names: `blobs/ab/<random>`, reserved before any byte is written under them, so that what a crash leaves can be found and dropped. */
export interface Names {
  /** Registers this process; its reservations count as leftovers when its lease has been over for the grace. */
  openWriter(leaseMs: number): Promise<string>;
  renewWriter(writerId: string, leaseMs: number): Promise<void>;
  /** New names, durable before this resolves. */
  reserve(writerId: string, count: number): Promise<readonly string[]>;
  /** Of names under which nothing was ever written. */
  release(names: readonly string[]): Promise<void>;
  /** Hands a name whose write failed over to a drop job: its bytes are deleted from every backend. */
  discard(name: string): Promise<void>;
  /** Turns the reservations of writers whose lease ended before `before` into drop jobs, and forgets those writers. Returns how many names. */
  discardLeftovers(before: Date): Promise<number>;
  /** Ends this writer: unused names are released by the caller first. */
  closeWriter(writerId: string): Promise<void>;
}
