/** Writes small .mmdb files (MaxMind's format 2.0, an IPv6 tree with records of 24 bits) as their publishers do. */
import ipaddr from "ipaddr.js";

type Value = string | number | { readonly [name: string]: Value };
type Row = readonly [cidr: string, record: Value];

export interface MmdbOptions {
  readonly kind?: string;
  readonly builtAt?: Date;
}

interface Node {
  children: [Branch, Branch];
}
/** A record's index, a node, or nothing. */
type Branch = number | Node | undefined;

/** The bytes of a file that says this of these networks; of nested ones the later rows win. */
export function mmdb(rows: readonly Row[], { kind = "Test-City", builtAt = new Date() }: MmdbOptions = {}): Buffer {
  const root: Node = { children: [undefined, undefined] };
  for (const [index, [cidr]] of rows.entries()) insert(root, bitsOf(cidr), index);
  const nodes = numbered(root);
  const records = rows.map(([, record]) => encode(record));
  const offsets = records.map((_, index) => records.slice(0, index).reduce((sum, { length }) => sum + length, 0));
  const tree = Buffer.alloc(nodes.size * 6);
  for (const [node, at] of nodes)
    for (const [side, branch] of node.children.entries()) {
      const pointer =
        branch === undefined
          ? nodes.size
          : typeof branch === "number"
            ? nodes.size + 16 + (offsets[branch] ?? 0)
            : (nodes.get(branch) ?? 0);
      tree.writeUIntBE(pointer, at * 6 + side * 3, 3);
    }
  const metadata = encode({
    node_count: nodes.size,
    record_size: 24,
    ip_version: 6,
    database_type: kind,
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: Math.floor(builtAt.getTime() / 1000),
    languages: {},
    description: {},
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...records,
    Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"),
    metadata,
  ]);
}

/** IPv4 stands in the first 32 bits behind 96 zeros. */
function bitsOf(cidr: string): readonly (0 | 1)[] {
  const [address, length] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, at) => ((byte >> (7 - at)) & 1) as 0 | 1));
  return bytes.length === 4 ? [...Array<0>(96).fill(0), ...bits.slice(0, length)] : bits.slice(0, length);
}

function insert(root: Node, bits: readonly (0 | 1)[], record: number): void {
  let node = root;
  for (const [at, bit] of bits.entries()) {
    if (at === bits.length - 1) {
      node.children[bit] = record;
      return;
    }
    const next = node.children[bit];
    const inner: Node = typeof next === "object" ? next : { children: [next, next] };
    node.children[bit] = inner;
    node = inner;
  }
}

function numbered(root: Node): ReadonlyMap<Node, number> {
  const nodes = new Map<Node, number>([[root, 0]]);
  for (const node of nodes.keys())
    for (const branch of node.children) if (typeof branch === "object") nodes.set(branch, nodes.size);
  return nodes;
}

const [TEXT, DOUBLE, UINT32, MAP] = [2, 3, 6, 7];

function encode(value: Value): Buffer {
  if (typeof value === "string") return Buffer.concat([control(TEXT, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(Number.isInteger(value) && value >= 0 ? 4 : 8);
    if (bytes.length === 4) bytes.writeUInt32BE(value);
    else bytes.writeDoubleBE(value);
    return Buffer.concat([control(bytes.length === 4 ? UINT32 : DOUBLE, bytes.length), bytes]);
  }
  const fields = Object.entries(value);
  return Buffer.concat([control(MAP, fields.length), ...fields.flat().map(encode)]);
}

function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}
