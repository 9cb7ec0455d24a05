// Registers every kernel of the backend: native ones, which hand over what they do not cover to tfjs-cpu, and tfjs-cpu's
// own set for all other names.
import { tf } from '@thinkwright/tensors';
import { BACKEND_NAME, type NativeBackend } from '../backend.ts';
import { attentionKernels } from './attention.ts';
import { runOnCpu } from './cpu-fallback.ts';
import { elementwiseKernels } from './elementwise.ts';
import { gatherKernels } from './gathers.ts';
import { headKernels } from './head.ts';
import { layerKernels } from './layers.ts';
import { linearKernels } from './linear.ts';
import { moveKernels } from './moves.ts';
import type { Attributes, Inputs, KernelTable, NativeKernel } from './native-kernel.ts';
import { optimizerKernels } from './optimizer.ts';
import { reductionKernels } from './reductions.ts';
import { rowKernels } from './rows.ts';
import { withReadableInputs } from './stored-data.ts';
import { storedKernels } from './stored-weights.ts';
import { viewKernels } from './views.ts';

const NATIVE: KernelTable = {
  ...viewKernels,
  ...moveKernels,
  ...gatherKernels,
  ...elementwiseKernels,
  ...reductionKernels,
  ...linearKernels,
  ...rowKernels,
  ...layerKernels,
  ...attentionKernels,
  ...headKernels,
  ...storedKernels,
  ...optimizerKernels,
};

export function registerKernels(backend: NativeBackend): void {
  for (const [kernelName, kernel] of Object.entries(NATIVE)) register(backend, kernelName, kernel);
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (!(kernelName in NATIVE)) register(backend, kernelName, () => undefined);
  }
}

function register(backend: NativeBackend, kernelName: string, kernel: NativeKernel): void {
  tf.registerKernel({
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: ({ inputs, attrs }) => {
      const attributes = (attrs ?? {}) as Attributes;
      return withReadableInputs(
        backend,
        kernelName,
        inputs as Inputs,
        (named) => kernel(backend, named, attributes) ?? runOnCpu(backend, kernelName, named, attributes),
      );
    },
  });
}
