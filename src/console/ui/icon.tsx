/** The console's icons: strokes on a grid of 20, in the colour of the text around them. */

const PATHS = {
  bucket: "M3.5 5.5h13l-1.4 10.2a1.5 1.5 0 0 1-1.5 1.3H6.4a1.5 1.5 0 0 1-1.5-1.3zM2.5 5.5h15",
  map: "M10 17.5s5.5-4.6 5.5-9a5.5 5.5 0 0 0-11 0c0 4.4 5.5 9 5.5 9zM10 10.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  chart: "M3.5 3v13.5H17M7 13V9.5M10.5 13V6.5M14 13v-2.5",
  key: "M7 14.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM9.5 8.5l6.5-6M13.5 5l2 2",
  folder: "M2.5 5.5a1 1 0 0 1 1-1h4l1.8 2h7.2a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1z",
  file: "M5 2.5h6.5l3.5 3.5v11.5H5zM11.5 2.5V6H15",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  check: "M4 10.5l4 4 8-9",
  down: "M5 8l5 5 5-5",
  right: "M8 5l5 5-5 5",
  download: "M10 3v10M6 9.5l4 4 4-4M4 17h12",
  upload: "M10 13V3M6 6.500l4-4 4 4M4 17h12",
  trash: "M3.5 5.5h13M8 5.5v-2h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5",
  copy: "M7.5 6.5h9v11h-9zM12.5 6.5v-4h-9v11h4",
  tag: "M3 3h6.5l7.5 7.5-6.5 6.5L3 9.5zM6.5 7.5a1 1 0 1 0 0-2 1 1 0 0 0 0 2z",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.2h.01",
  sun: "M10 14a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1 1M15 15l1 1M4 16l1-1M15 5l1-1",
  out: "M12 3H4.5v14H12M8.5 10H17M14 7l3 3-3 3",
  refresh: "M16 10a6 6 0 1 1-1.8-4.3L16.5 8M16.5 3.5V8H12",
  open: "M8 4H3.5v12.5H16V12M11.5 3h5.5v5.5M17 3l-8 8",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
