import type { EdgeActivity } from '@islet/client/browser';

/**
 * Where services stand on the map: callers left of those they call, in columns, so that a request is read from left to
 * right (after Sugiyama, Tagawa and Toda, 1981). An edge that goes over several columns is given a point in each, and takes
 * part in the order there; otherwise it would run through the services between. Edges that close a circle point backwards
 * and are laid out as if they did not.
 */
export interface MapNode {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface MapLink {
  readonly edge: EdgeActivity;
  /** Points that it goes through, the ends included. */
  readonly points: readonly Point[];
  /** Where its figures stand. */
  readonly label: Point;
}

export interface MapLayout {
  readonly nodes: readonly MapNode[];
  readonly links: readonly MapLink[];
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const NODE = { width: 160, height: 44 } as const;
const COLUMN = 300;
const ROW = 84;
const MARGIN = 20;
const SWEEPS = 6;

export function layoutMap(edges: readonly EdgeActivity[], services: readonly string[]): MapLayout {
  const names = [...new Set([...services, ...edges.flatMap(({ caller, callee }) => [caller, callee])])].sort();
  const forward = withoutCircles(names, edges);
  const columns = columnsOf(names, forward);
  const { grid, chains } = withPoints(names, forward, columns);
  const rows = orderRows(grid, chains);
  const tallest = Math.max(1, ...rows.map((column) => column.length));
  const place = new Map<string, Point>();
  rows.forEach((column, index) => {
    const top = MARGIN + ((tallest - column.length) * ROW) / 2;
    column.forEach((name, row) => {
      place.set(name, { x: MARGIN + index * COLUMN, y: top + row * ROW });
    });
  });
  const at = (name: string): Point => place.get(name) ?? { x: 0, y: 0 };
  return {
    nodes: names.map((name) => ({ name, ...at(name) })),
    links: edges.map((edge) => {
      const chain = chains.get(keyOf(edge)) ?? [edge.caller, edge.callee];
      const out = edges.filter(({ caller }) => caller === edge.caller).length;
      return linkOf(
        edge,
        { chain, hasManyCallees: out > edges.filter(({ callee }) => callee === edge.callee).length },
        at,
      );
    }),
    width: MARGIN * 2 + (rows.length - 1) * COLUMN + NODE.width,
    height: MARGIN * 2 + (tallest - 1) * ROW + NODE.height,
  };
}

type Pair = Pick<EdgeActivity, 'caller' | 'callee'>;

function keyOf({ caller, callee }: Pair): string {
  return `${caller}\0${callee}`;
}

/** Edges that lead on: what closes a circle, found by walking from the entrances, is left out. */
function withoutCircles(names: readonly string[], edges: readonly Pair[]): readonly Pair[] {
  const called = new Set(edges.map(({ callee }) => callee));
  const order = [...names].sort((a, b) => Number(called.has(a)) - Number(called.has(b)));
  const state = new Map<string, 'open' | 'done'>();
  const kept: Pair[] = [];
  const visit = (name: string) => {
    if (state.has(name)) return;
    state.set(name, 'open');
    for (const edge of edges) {
      if (edge.caller !== name || state.get(edge.callee) === 'open') continue;
      kept.push(edge);
      visit(edge.callee);
    }
    state.set(name, 'done');
  };
  order.forEach(visit);
  return kept;
}

/** Each service stands right of all that call it: by the longest way to it. */
function columnsOf(names: readonly string[], edges: readonly Pair[]): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  const depth = (name: string): number => {
    const known = columns.get(name);
    if (known !== undefined) return known;
    const callers = edges.filter(({ callee }) => callee === name);
    const column = callers.reduce((most, { caller }) => Math.max(most, depth(caller) + 1), 0);
    columns.set(name, column);
    return column;
  };
  names.forEach(depth);
  return columns;
}

interface Grid {
  readonly grid: readonly (readonly string[])[];
  /** All that an edge goes through. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

function withPoints(names: readonly string[], edges: readonly Pair[], columns: ReadonlyMap<string, number>): Grid {
  const grid: string[][] = [];
  const put = (name: string, column: number) => {
    grid[column] ??= [];
    grid[column].push(name);
  };
  for (const name of names) put(name, columns.get(name) ?? 0);
  const chains = new Map<string, readonly string[]>();
  for (const edge of edges) {
    const [from, to] = [columns.get(edge.caller) ?? 0, columns.get(edge.callee) ?? 0];
    const between = Array.from({ length: to - from - 1 }, (_, index) => `${keyOf(edge)}\0${index}`);
    between.forEach((name, index) => {
      put(name, from + 1 + index);
    });
    chains.set(keyOf(edge), [edge.caller, ...between, edge.callee]);
  }
  return { grid: Array.from(grid, (column) => column ?? []), chains };
}

/** Each stands near the middle of its neighbours, in turns from left to right and back: few edges cross then. */
function orderRows(grid: Grid['grid'], chains: Grid['chains']): readonly (readonly string[])[] {
  const neighbours = new Map<string, string[]>();
  for (const chain of chains.values()) {
    for (let index = 1; index < chain.length; index++) {
      const [a = '', b = ''] = [chain[index - 1], chain[index]];
      neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
      neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
    }
  }
  const rows = grid.map((column) => [...column]);
  const middles = new Map<string, number>();
  const settle = (column: readonly string[]) => {
    for (const [row, name] of column.entries()) middles.set(name, row - column.length / 2);
  };
  rows.forEach(settle);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? rows.keys() : [...rows.keys()].reverse();
    for (const index of order) {
      const column = rows[index] ?? [];
      const weight = new Map(
        column.map((name) => [name, meanOf(neighbours.get(name) ?? [], middles) ?? middles.get(name) ?? 0]),
      );
      column.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
      settle(column);
    }
  }
  return rows;
}

function meanOf(names: readonly string[], values: ReadonlyMap<string, number>): number | undefined {
  if (names.length === 0) return undefined;
  return names.reduce((sum, name) => sum + (values.get(name) ?? 0), 0) / names.length;
}

interface Ends {
  readonly chain: readonly string[];
  /** The caller's lines run together more than the callee's do. */
  readonly hasManyCallees: boolean;
}

function linkOf(edge: EdgeActivity, { chain, hasManyCallees }: Ends, at: (name: string) => Point): MapLink {
  const middle = NODE.height / 2;
  const points = chain.map((name, index) => {
    const { x, y } = at(name);
    if (index === 0) return { x: x + NODE.width, y: y + middle };
    return { x: index === chain.length - 1 ? x : x + NODE.width / 2, y: y + middle };
  });
  const last = points.length - 1;
  const [from = points[0], to = points[0]] = hasManyCallees ? [points[last], points[last - 1]] : [points[0], points[1]];
  const [a, b] = [from ?? ORIGIN, to ?? ORIGIN];
  return { edge, points, label: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
}

const ORIGIN: Point = { x: 0, y: 0 };

/** A smooth line through the points, level at each. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let from = first;
  const curves = rest.map((to) => {
    const bend = Math.max(40, Math.abs(to.x - from.x) / 2);
    const curve = `C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
    from = to;
    return curve;
  });
  return `M${first.x} ${first.y}${curves.join('')}`;
}
