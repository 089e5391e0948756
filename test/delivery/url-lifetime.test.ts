import { describe, expect, it } from "vitest";
import { urlLifetime } from "../../src/delivery/url-lifetime.ts";

const NOW = new Date("2030-01-01T00:00:00.250Z");
const PLAIN = { expirySeconds: 120, mediaBuckets: [] };
const MEDIA = { expirySeconds: 120, mediaExpirySeconds: 21_600, mediaBuckets: ["films"] };
const FILMS = { name: "films" };
const to = (destination: string) => ({ "sec-fetch-dest": destination });
const later = (ms: number) => new Date(NOW.getTime() + ms);

describe("a signed URL", () => {
  it("is valid as long as configured when nothing expires before", () => {
    expect(urlLifetime({ bucket: FILMS, headers: {} }, PLAIN, NOW)).toBe(120);
    expect(urlLifetime({ bucket: FILMS, headers: {}, until: later(120_000) }, PLAIN, NOW)).toBe(120);
  });

  it.each(["video", "audio"])("lives no longer for %s unless the configuration says so", (destination) => {
    expect(urlLifetime({ bucket: FILMS, headers: to(destination) }, PLAIN, NOW)).toBe(120);
    expect(urlLifetime({ bucket: FILMS, headers: to(destination) }, MEDIA, NOW)).toBe(21_600);
    expect(urlLifetime({ bucket: FILMS, headers: to("image") }, MEDIA, NOW)).toBe(120);
    expect(urlLifetime({ bucket: { name: "letters" }, headers: to(destination) }, MEDIA, NOW)).toBe(120);
  });

  it("never outlives the permission: whole seconds, rounded down", () => {
    expect(urlLifetime({ bucket: FILMS, headers: {}, until: later(10_999) }, PLAIN, NOW)).toBe(10);
    expect(urlLifetime({ bucket: FILMS, headers: to("video"), until: later(60_000) }, MEDIA, NOW)).toBe(60);
  });

  it("is not made for less than a second", () => {
    expect(urlLifetime({ bucket: FILMS, headers: {}, until: later(1000) }, PLAIN, NOW)).toBe(1);
    expect(urlLifetime({ bucket: FILMS, headers: {}, until: later(999) }, PLAIN, NOW)).toBeUndefined();
    expect(urlLifetime({ bucket: FILMS, headers: {}, until: later(-1) }, MEDIA, NOW)).toBeUndefined();
  });
});
