export { FakeTraffic } from './traffic.ts';
