/** Series under which each alert of deploy/prometheus/alerts.yaml fires, and others that are near it under which it does not. */

/** Name and labels of a series -> its values, one a minute, in the notation of Prometheus's own tests. */
export type Series = Readonly<Record<string, string>>;

export interface AlertCase {
  /** When it is looked at, in minutes from the first value. */
  readonly after: number;
  readonly fires: Series;
  readonly rests: Series;
}

const DAY = 86_400;
const LONG = 400;
const constant = (value: number) => (Number.isNaN(value) ? "NaN ".repeat(LONG) : `${value}x${LONG}`);
const of = (name: string, value: number, labels = "") => ({
  [`nearbucket_${name}{job="nearbucket",instance="a"${labels}}`]: constant(value),
});
/** The second gateway sees it otherwise. */
const other = (name: string, value: number, labels = "") => ({
  [`nearbucket_${name}{job="nearbucket",instance="b"${labels}}`]: constant(value),
});
const state = (name: string) => `,state="${name}"`;
const backend = ',backend="ams"';
const region = `${backend},region="nl"`;

/** `failing` of a hundred requests a minute. */
const requests = (failing: number) => ({
  'nearbucket_requests_total{job="nearbucket",operation="PutObject",status="200"}': `0+${100 - failing}x400`,
  'nearbucket_requests_total{job="nearbucket",operation="PutObject",status="503"}': `0+${failing}x400`,
});

/** A hundred look-ups a minute, `slow` of them of about a second and a half; the rest, and transfers, of other length. */
const lookups = (slow: number, operation = "HeadObject") => {
  const bucket = (le: string, perMinute: number) => ({
    [`nearbucket_request_seconds_bucket{job="nearbucket",operation="${operation}",le="${le}"}`]: `0+${perMinute}x400`,
  });
  return { ...bucket("0.02", 100 - slow), ...bucket("0.5", 100 - slow), ...bucket("2", 100), ...bucket("+Inf", 100) };
};

const free = (share: number) => ({
  ...of("backend_free_bytes", share * 1000, backend),
  ...of("backend_size_bytes", 1000, backend),
});

export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  NearbucketObjectsLost: {
    after: 2,
    fires: of("objects", 1, state("lost")),
    rests: { ...of("objects", 0, state("lost")), ...of("objects", 9, state("stored")) },
  },
  NearbucketObjectsUnreadable: {
    after: 4,
    fires: of("objects", 3, state("unreadable")),
    rests: of("objects", 0, state("unreadable")),
  },
  NearbucketObjectsAtRisk: {
    after: 20,
    fires: { ...of("objects", 312, state("at-risk")), ...other("objects", 0, state("at-risk")) },
    rests: { 'nearbucket_objects{job="nearbucket",state="at-risk"}': "0x8 312x100" },
  },
  NearbucketTooFewCopies: {
    after: 365,
    fires: of("objects", 5, state("under-replicated")),
    rests: { 'nearbucket_objects{job="nearbucket",state="under-replicated"}': "0x100 5x300" },
  },
  NearbucketSafetyUnknown: {
    after: 20,
    fires: of("objects_counted_timestamp_seconds", 60),
    rests: { 'nearbucket_objects_counted_timestamp_seconds{job="nearbucket"}': "0+60x400" },
  },
  NearbucketBackendAway: {
    after: 15,
    fires: { ...of("backend_up", 1, region), ...other("backend_up", 0, region) },
    rests: { 'nearbucket_backend_up{job="nearbucket",backend="ams",region="nl"}': "1x8 0x100" },
  },
  NearbucketBackendLost: {
    after: 2,
    fires: of("backend_lost", 1, backend),
    rests: of("backend_lost", 0, backend),
  },
  NearbucketBackendFailing: {
    after: 20,
    fires: of("breaker_open", 1, `${backend},operation="write"`),
    rests: of("breaker_open", 0, `${backend},operation="write"`),
  },
  NearbucketWritesRefused: {
    after: 2,
    fires: { ...of("backend_writable", 1, backend), ...of("backend_writable", 0, ',backend="tor"') },
    rests: { ...of("backend_writable", 1, backend), ...of("backend_writable", 1, ',backend="tor"') },
  },
  NearbucketBackendNearlyFull: { after: 35, fires: free(0.09), rests: free(0.11) },
  NearbucketScrubOverdue: {
    after: 65,
    fires: of("scrub_oldest_seconds", 37 * DAY, backend),
    rests: {
      ...of("scrub_oldest_seconds", 35 * DAY, backend),
      ...of("scrub_oldest_seconds", Number.NaN, ',backend="tor"'),
    },
  },
  NearbucketInventoryOverdue: {
    after: 65,
    fires: of("inventory_age_seconds", 4 * DAY, backend),
    rests: of("inventory_age_seconds", 2 * DAY, backend),
  },
  NearbucketInventoryHeld: {
    after: 1,
    fires: of("quarantine_held", 1, backend),
    rests: of("quarantine_held", 0, backend),
  },
  NearbucketJobsFailing: {
    after: 65,
    fires: of("jobs_stuck", 2, ',kind="copy"'),
    rests: of("jobs_stuck", 0, ',kind="copy"'),
  },
  NearbucketGatewayAway: {
    after: 3,
    fires: { 'up{job="nearbucket",instance="a"}': constant(0), 'up{job="nearbucket",instance="b"}': constant(1) },
    rests: { 'up{job="nearbucket",instance="a"}': constant(1), 'up{job="node"}': constant(0) },
  },
  NearbucketServerErrors: { after: 20, fires: requests(2), rests: requests(0.5) },
  NearbucketSlow: { after: 25, fires: lookups(10), rests: { ...lookups(3), ...lookups(90, "GetObject") } },
};
