// Background jobs, one by one: what an operator sees of them, and tries again.
import { expect, it, vi } from "vitest";
import { startOverDisks } from "./over-disks.ts";

it("lists jobs page by page, and those of one kind", async () => {
  await using place = await startOverDisks(["a"]);
  const { metadata } = place.gateway.gateway;
  const later = new Date(Date.now() + 3_600_000);
  for (let blobId = 1; blobId <= 5; blobId++) await metadata.jobs.add({ kind: "digest", blobId }, later);
  const query = { kind: "digest", limit: "2" };
  const seen: number[] = [];
  for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages++) {
    const { document } = await place.call("GET", "/jobs", { query: { ...query, ...(cursor && { cursor }) } });
    expect(document.items.length).toBeLessThanOrEqual(2);
    seen.push(...document.items.map((job: { subject: { blobId: number } }) => job.subject.blobId));
    cursor = document.next;
  }
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  expect((await place.call("GET", "/jobs", { query: { failing: "true" } })).document.items).toEqual([]);
  expect((await place.call("GET", "/jobs", { query: { failing: "maybe" } })).status).toBe(400);
  const { document } = await place.call("GET", "/jobs", { query: { kind: "nope" } });
  expect(document.errors).toEqual([{ pointer: "/kind", detail: expect.stringContaining('"copy"|"trim"|"digest"') }]);
});

it("runs a failing job again when it is asked, and says why it fails", async () => {
  await using place = await startOverDisks(["a", "b"]);
  const { gateway } = place.gateway;
  await place.lose("b");
  await place.until("b", { condition: "lost" });
  await gateway.metadata.jobs.add({ kind: "drop", storageKey: "blobs/ab/x", backends: ["b"] });
  const query = { kind: "drop", failing: "true" };
  const failing = async () => {
    const { items } = (await place.call("GET", "/jobs", { query })).document;
    expect(items).toHaveLength(1);
    return items[0];
  };
  const job = await vi.waitFor(failing, 10_000);
  expect(job).toMatchObject({ kind: "drop", subject: { storageKey: "blobs/ab/x", backends: ["b"] }, running: false });
  expect(job.reason).toContain("b: ");
  const { document } = await place.call("POST", `/jobs/${job.id}/retry`);
  expect(document).toMatchObject({ id: job.id, kind: "drop" });
  await vi.waitFor(async () => expect((await failing()).attempts).toBeGreaterThan(job.attempts), 10_000);
});

it.each(["999999", "none"])("knows no job %s", async (id) => {
  await using place = await startOverDisks(["a"]);
  expect((await place.call("POST", `/jobs/${id}/retry`)).document.code).toBe("NotFound");
});
