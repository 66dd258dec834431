/** A line without axes: its shape is what it says, and what is below it that it begins at nothing. */
export function Spark({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const [width, height] = [56, 18];
  const top = Math.max(...values, 0);
  if (values.length < 2 || top === 0) return <svg className="spark" width={width} height={height} aria-hidden="true" />;
  const step = width / (values.length - 1);
  const y = (value: number) => height - 1.5 - (value / top) * (height - 3);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${y(value).toFixed(1)}`);
  return (
    <svg className="spark" width={width} height={height} role="img" aria-label={label}>
      <polygon points={`0,${height} ${points.join(' ')} ${width},${height}`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
