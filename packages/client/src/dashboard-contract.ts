import { z } from 'zod';
import { DashboardLogin, DashboardSession } from './dashboard.ts';
import { ServiceDescription } from './description.ts';
import { ServiceCall, ServiceContract, ServiceReply } from './explore.ts';
import { route } from './route.ts';

/** The part of the contract that lets people into the dashboard, and that it alone asks so far. */
export const dashboardRoutes = {
  dashboardLogin: route('dashboardLogin', {
    summary: 'A link that opens the dashboard once, within minutes',
    body: z.object({}),
    response: DashboardLogin,
  }),
  dashboardSessions: route('dashboardSessions', {
    summary: 'Browsers that are logged in to the dashboard',
    response: z.array(DashboardSession),
  }),
  endDashboardSession: route('endDashboardSession', {
    summary: 'Log a browser out; `all`: every one',
    params: z.object({ id: z.string() }),
    response: z.object({ ended: z.int() }),
  }),
  describe: route('describe', {
    summary: 'Every effective value of a service, and the line that it comes from',
    params: z.object({ service: z.string() }),
    response: ServiceDescription,
  }),
  contractOf: route('contractOf', {
    summary: 'What a service says of its API: the OpenAPI document or the .proto file that it names',
    params: z.object({ service: z.string() }),
    response: ServiceContract,
  }),
  callService: route('callService', {
    summary: 'Call a service through the proxy, as the operator',
    params: z.object({ service: z.string() }),
    body: ServiceCall,
    response: ServiceReply,
  }),
} as const;
