// @thinkwright/recipes/plan: what a run will need, before it runs. Apart from the main entry because it loads the training stack.
export { planMemory } from './plan-memory.ts';
export type { MemoryPlan, MemoryPlanRequest } from './request.ts';
