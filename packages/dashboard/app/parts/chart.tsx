import type { Annotation, Series } from '@islet/client/browser';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { axisTimeText } from '../model/format.ts';
import { columnsOf, lastOf, seriesName } from '../model/service.ts';
import { palette } from './palette.ts';

export interface ChartProps {
  readonly title: string;
  readonly series: readonly Series[];
  readonly marks: readonly Annotation[];
  readonly from: number;
  readonly to: number;
  readonly format: (value: number | undefined) => string;
  /** A stretch was dragged over. */
  readonly onZoom?: (from: number, to: number) => void;
  /** What a single series is called. */
  readonly name?: string;
}

const HEIGHT = 130;

/** Curves over time, with a line wherever something was done. All charts of a page show the same instant under the pointer. */
export function Chart({ title, series, marks, from, to, format, onZoom, name = title }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ marks, from, to, onZoom });
  latest.current = { marks, from, to, onZoom };
  const names = series.map((one) => seriesName(one, name)).join('\n');

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is built anew when its curves are others; what moves is set below.
  useEffect(() => {
    const element = box.current;
    if (element === null || series.length === 0) return undefined;
    const colours = palette();
    const built = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        cursor: {
          sync: { key: 'page' },
          points: { size: 5 },
          drag: { x: onZoom !== undefined, y: false, setScale: false },
        },
        legend: { show: false },
        padding: [8, 18, 0, 0],
        scales: {
          x: { time: true, range: () => [latest.current.from / 1000, latest.current.to / 1000] },
          y: { range: fromZero },
        },
        axes: [
          {
            stroke: colours.muted,
            grid: { show: false },
            ticks: { stroke: colours.line, size: 4 },
            font: FONT,
            size: 24,
            values: (_, ticks) =>
              ticks.map((tick) => axisTimeText(tick * 1000, latest.current.to - latest.current.from)),
          },
          {
            stroke: colours.muted,
            grid: { stroke: colours.line, width: 1 },
            ticks: { show: false },
            font: FONT,
            // The same for all charts of a page: what is above each other is of one instant.
            size: 52,
            space: 32,
            values: (_, values) => values.map((value) => format(value)),
          },
        ],
        series: [
          {},
          ...series.map((one, index) => ({
            label: seriesName(one, name),
            stroke: colours.series[index % colours.series.length] ?? colours.muted,
            width: 1.5,
            points: { show: false },
          })),
        ],
        hooks: {
          draw: [(self) => drawMarks(self, latest.current.marks, colours.muted)],
          setSelect: [(self) => zoom(self, latest.current.onZoom)],
        },
      },
      dataOf(series),
      element,
    );
    plot.current = built;
    const resized = new ResizeObserver(() => built.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      built.destroy();
      plot.current = undefined;
    };
  }, [names, format, series.length === 0]);

  useEffect(() => {
    if (series.length > 0) plot.current?.setData(dataOf(series));
  }, [series]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what moved is read from `latest` while it is drawn.
  useEffect(() => plot.current?.redraw(false, true), [marks, from, to]);

  return (
    <figure className="chart panel">
      <figcaption>
        <h3>{title}</h3>
        <ul className="legend">
          {series.map((one, index) => (
            <li key={seriesName(one, name)}>
              {series.length > 1 ? <span className={`swatch swatch-${(index % 4) + 1}`} aria-hidden="true" /> : null}
              {series.length > 1 ? `${seriesName(one, name)} ` : null}
              <strong>{format(lastOf(one))}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
      {series.length === 0 ? (
        <p className="muted chart-none">Nothing was measured in this time.</p>
      ) : (
        <div ref={box} aria-hidden="true" />
      )}
    </figure>
  );
}

/** As little as a hand that shakes on a click moves. */
const LEAST_DRAG = 6;

function zoom(plot: uPlot, onZoom: ChartProps['onZoom']): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom?.(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000);
}

const FONT = '11px system-ui, sans-serif';

function dataOf(series: readonly Series[]): uPlot.AlignedData {
  const { at, values } = columnsOf(series);
  return [at.map((instant) => instant / 1000), ...values];
}

/** A curve that is flat at nothing lies on the ground, and not in the middle. */
function fromZero(_: uPlot, low: number | null, high: number | null): [number, number] {
  return [Math.min(0, low ?? 0), (high ?? 0) === 0 ? 1 : (high ?? 1) * 1.08];
}

/** Each with the number that it has in the list below, where there is room for it. */
function drawMarks({ ctx, bbox, valToPos }: uPlot, marks: readonly Annotation[], colour: string): void {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.setLineDash([3, 3]);
  let free = Number.NEGATIVE_INFINITY;
  for (const [index, { at }] of marks.entries()) {
    const x = valToPos(at / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    if (x >= free) {
      ctx.fillText(String(index + 1), x + 3 * devicePixelRatio, bbox.top + 8 * devicePixelRatio);
      free = x + 16 * devicePixelRatio;
    }
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
