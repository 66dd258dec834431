export { type DataHarness, type DataTraits, dataConformance } from './data.ts';
