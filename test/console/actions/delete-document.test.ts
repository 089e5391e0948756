import { expect, it } from "vitest";
import { deleteDocument } from "../../../src/console/screens/browse/actions/delete-document.ts";
import { added, NOTHING_DONE } from "../../../src/console/screens/browse/actions/task.ts";

it("keeps a key that looks like markup, or ends a line, as it is", () => {
  const text = deleteDocument([{ key: 'a<b>&"\r\n', etag: "e-2" }, { key: "c" }]);
  expect(text).toContain("<Key>a&#60;b&#62;&#38;&#34;&#13;&#10;</Key><ETag>&#34;e-2&#34;</ETag>");
  expect(text).toContain("<Object><Key>c</Key></Object>");
});

it("counts every failure, and keeps the first of them", () => {
  const failure = (key: string) => ({ key, fault: { code: "AccessDenied", message: "no", status: 403 } });
  const many = Array.from({ length: 15 }, (_, index) => failure(String(index)));
  const tally = added(added(NOTHING_DONE, 2, many), 3, many);
  expect(tally).toMatchObject({ done: 5, failed: 30 });
  expect(tally.failures).toHaveLength(20);
});
