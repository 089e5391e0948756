/** What the page and the worker that hashes tell each other. */

/** Read at once; a blob of at most so many bytes costs one read. */
export const SLICE_BYTES = 4 * 1024 ** 2;

export type ToWorker = { readonly id: number; readonly blob: Blob } | { readonly id: number; readonly cancel: true };

export type FromWorker =
  | { readonly id: number; readonly hashed: number }
  | { readonly id: number; readonly digest: string }
  | { readonly id: number; readonly unreadable: string };
