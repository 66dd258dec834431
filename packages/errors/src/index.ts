export { type ErrorBook, openErrorBook } from './book.ts';
export { FINGERPRINT_VERSION, fingerprint, normalised } from './fingerprint.ts';
export { type ErrorGroup, type ErrorState, markGroup, type Occurrence, seen, sparkOf } from './group.ts';
export { type LogLike, type Mapped, ofException, ofLog, type Source } from './occurrence.ts';
export { type MapOf, mapFrames, sourceMaps } from './source-maps.ts';
export { type Frame, parseThrown, type Thrown } from './thrown.ts';
