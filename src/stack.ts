/** What is open, closed in reverse order; a close that fails does not keep the others open. */
export class Stack {
  readonly #open: { close(): Promise<void> }[] = [];
  add<T extends { close(): Promise<void> }>(opened: T): T {
    this.#open.push(opened);
    return opened;
  }
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const one of this.#open.splice(0).reverse()) await one.close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "could not close everything");
  }
}
