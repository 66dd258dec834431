export { createFakeData, type FakeData, type FakeDataOptions } from './data.ts';
