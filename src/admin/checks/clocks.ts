/** Do two clocks agree? Signatures end at a quarter of an hour; leases and signed URLs suffer long before. */
import { error, type Finding, ok, warning } from "./finding.ts";

const WARNING_MS = 60_000;
const ERROR_MS = 15 * 60_000;
const REMEDY = "Let NTP (chrony, systemd-timesyncd) set the clocks of both machines.";

/** When a request was sent, what its answer's clock said, and when it came. */
export interface ClockReading {
  readonly sentAt: Date;
  readonly told: Date;
  readonly receivedAt: Date;
}

/** Whose clock is read: `the clock of the database`. The time of the request itself counts as no difference. */
export function judgeClock(subject: string, whose: string, { sentAt, told, receivedAt }: ClockReading): Finding {
  const early = sentAt.getTime() - told.getTime();
  const late = told.getTime() - receivedAt.getTime();
  const off = Math.max(0, early, late);
  const about = { check: "clock", subject };
  if (off < WARNING_MS) return ok(about.check, subject, `${whose} agrees with this machine's`);
  const minutes = `${Math.floor(off / 60_000)} min`;
  const says = `${whose} is ${minutes} ${late > early ? "ahead of" : "behind"} this machine's`;
  return off < ERROR_MS
    ? warning({ ...about, says, remedy: REMEDY })
    : error({ ...about, says, remedy: `${REMEDY} S3 refuses requests that are 15 minutes off.` });
}
