// Pure statistics of evaluation: arrays of numbers in, numbers out. Runs anywhere.
export { type BootstrapOptions, bootstrap } from './bootstrap.ts';
export { type Estimate, mean } from './estimate.ts';
export { majorityAnswer } from './majority.ts';
export { pairedDifference } from './paired-difference.ts';
export { passAtK } from './pass-at-k.ts';
export { type FirstError, firstErrorOf, type ProcessBench, processBench } from './process-bench.ts';
export { wilson } from './wilson.ts';
