import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  agoText,
  bytesText,
  clockText,
  coresText,
  durationText,
  figureText,
  percentText,
  rateText,
  stretchText,
} from '../app/model/format.ts';

for (const [format, value, text] of [
  [rateText, undefined, '–'],
  [rateText, 0, '0'],
  [rateText, 0.02, '<0.1'],
  [rateText, 3.14, '3.1'],
  [rateText, 1234, '1.2k'],
  [figureText, undefined, '–'],
  [figureText, 0, '0'],
  [figureText, 0.05, '0.05'],
  [figureText, 1.249, '1.2'],
  [figureText, 61, '61'],
  [figureText, 1234, '1.2k'],
  [percentText, 0, '0 %'],
  [percentText, 0.0004, '<0.1 %'],
  [percentText, 0.021, '2.1 %'],
  [percentText, 0.5, '50 %'],
  [percentText, -0.4, '-40 %'],
  [percentText, Number.NaN, '–'],
  [durationText, 0, '0 ms'],
  [durationText, 0.4, '400 µs'],
  [durationText, 4.27, '4.3 ms'],
  [durationText, 999, '999 ms'],
  [durationText, 6400, '6.4 s'],
  [durationText, 61_000, '1 min 1 s'],
  [durationText, 3_600_000, '1 h'],
  [durationText, 90_000_000, '1 d 1 h'],
  [bytesText, 0, '0 B'],
  [bytesText, 999, '999 B'],
  [bytesText, 1500, '1.5 kB'],
  [bytesText, 999_999, '1 MB'],
  [bytesText, 412e6, '412 MB'],
  [coresText, 0, '0'],
  [coresText, 0.004, '<0.01'],
  [coresText, 1.5, '1.50'],
] as const) {
  it(`${format.name} of ${value} is ${text}`, () => assert.equal(format(value), text));
}

it('says how long ago in one unit', () => {
  const now = 1_000_000_000;
  const texts = [0, 45_000, 180_000, 3 * 3_600_000, 5 * 86_400_000].map((ms) => agoText(now - ms, now));
  assert.deepEqual(texts, ['just now', '45 s ago', '3 min ago', '3 h ago', '5 d ago']);
});

it('names the day where it is not today', () => {
  const now = new Date(2026, 10, 27, 14, 3, 9).getTime();
  assert.equal(clockText(now, now), '14:03:09');
  assert.equal(clockText(now - 86_400_000, now), '26 Nov 14:03:09');
});

it('says the day of a stretch once, and only where that is not today', () => {
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
  assert.equal(stretchText(at(27, 9), at(27, 10), at(27, 12)), '09:00:00 – 10:00:00');
  assert.equal(stretchText(at(26, 9), at(26, 10), at(27, 12)), '26 Nov 09:00:00 – 10:00:00');
  assert.equal(stretchText(at(25, 9), at(26, 10), at(27, 12)), '25 Nov 09:00:00 – 26 Nov 10:00:00');
});
