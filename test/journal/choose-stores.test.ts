// A gateway that stops waits for no listing, and for no file after the one under way.
import { expect, it } from "vitest";
import { stoppable } from "../../src/journal/choose-stores.ts";
import { failingStore } from "../support/journal-scene.ts";

it("touches no further file once it is told to stop", async () => {
  const store = failingStore("a");
  for (const name of ["1", "2"]) await store.put(name, Buffer.from(name));
  let isStopping = false;
  const [stopped] = stoppable([store], () => {
    if (isStopping) throw new Error("it stops");
  });
  if (stopped === undefined) throw new Error("no store");
  const files = [];
  for await (const file of stopped.list("")) files.push(file);
  const [file] = files;
  if (file === undefined) throw new Error("no file");
  await stopped.delete("2");
  isStopping = true;
  const listing = stopped.list("")[Symbol.asyncIterator]();
  for (const call of [
    () => listing.next(),
    () => stopped.put("3", Buffer.from("3")),
    () => stopped.delete("1"),
    () => stopped.read(file),
  ])
    await expect(call()).rejects.toThrow("it stops");
  isStopping = false;
  expect((await stopped.read(file)).toString()).toBe("1");
  expect(store.puts.map(({ name }) => name)).toEqual(["1", "2"]);
});
