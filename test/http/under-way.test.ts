// Which requests other work has to give way to.
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { UnderWay } from "../../src/http/under-way.ts";

function open() {
  let now = 1000;
  const underWay = new UnderWay(() => now);
  return {
    underWay,
    pass(ms: number) {
      now += ms;
    },
    begin() {
      const response = new EventEmitter() as ServerResponse;
      underWay.begin(response);
      return () => void response.emit("close");
    },
  };
}

it("counts a request until its response is closed, and for a moment after it began", () => {
  const { underWay, begin, pass } = open();
  expect(underWay.any).toBe(false);
  const [endFirst, endSecond] = [begin(), begin()];
  endSecond();
  pass(100);
  expect(underWay.any).toBe(true);
  endFirst();
  expect(underWay.any).toBe(false);
  begin()();
  pass(99);
  expect(underWay.any).toBe(true);
  pass(1);
  expect(underWay.any).toBe(false);
});

it("does not count one for longer than two seconds, however old the others are", () => {
  const { underWay, begin, pass } = open();
  const endOld = begin();
  pass(1500);
  const endYoung = begin();
  pass(1000);
  expect(underWay.any).toBe(true);
  endYoung();
  expect(underWay.any).toBe(false);
  endOld();
  begin();
  expect(underWay.any).toBe(true);
  pass(2000);
  expect(underWay.any).toBe(false);
});
