import { TRACE } from './shop-traces.ts';

/** Every page, by a name for its picture, and words that are there once it is. */
export const PAGES = [
  { name: 'overview', path: '/', shows: 'services need a look' },
  { name: 'service', path: '/services/orders', shows: 'between 2 and 6' },
  { name: 'service-data', path: '/services/catalog/data', shows: '20261127T022504' },
  { name: 'service-migrations', path: '/services/orders/data', shows: 'without CONCURRENTLY' },
  { name: 'service-capacity', path: '/services/orders/capacity', shows: 'Nothing is sent' },
  { name: 'service-configuration', path: '/services/orders/configuration', shows: 'stripe-key' },
  { name: 'service-history', path: '/services/orders/history', shows: 'was asked: islet deploy orders' },
  { name: 'rollout', path: '/services/orders/rollout', shows: 'the odds that it is worse are 7 to 1' },
  { name: 'map', path: '/map', shows: 'notifications' },
  { name: 'traces', path: '/traces', shows: 'POST /checkout' },
  { name: 'trace', path: `/traces/${TRACE}`, shows: 'traffic.retry' },
  { name: 'logs', path: '/logs', shows: 'order 1042 placed' },
  { name: 'errors', path: '/errors', shows: 'payment was not captured' },
  { name: 'error', path: '/errors/e1a7', shows: 'at capture' },
  { name: 'alerts', path: '/alerts', shows: 'orders uses up its error budget' },
  { name: 'alert', path: '/alerts/orders-burn', shows: 'failed traces' },
  { name: 'api', path: '/api/orders', shows: 'Place an order' },
  { name: 'api-grpc', path: '/api/payments', shows: 'Takes the money.' },
  { name: 'plan', path: '/plan', shows: 'builds revision' },
  { name: 'backups', path: '/backups', shows: 'proven' },
  { name: 'system', path: '/system', shows: 'Firefox on Linux' },
  { name: 'nowhere', path: '/nowhere', shows: 'There is no such page' },
] as const;
