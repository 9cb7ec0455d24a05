// @thinkwright/recipes/plan: what a run will need, before it runs. Apart from the main entry because it loads the training stack.
export { type MemoryPlan, type MemoryPlanRequest, type PlannedMethod, planMemory } from './plan-memory.ts';
