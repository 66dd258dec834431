export { createProxyTraffic, type ProxyTraffic } from './traffic.ts';
