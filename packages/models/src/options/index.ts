// @thinkwright/models/options: the ways of keeping and computing a loaded model, by name, for whoever offers them (recipes, the command
// line). Names and words only: reading this loads neither a model nor a device.

/** The choices of `loadModel`'s options. `help` says what one does and what it costs, `default` what is meant when it is left out. */
export const modelOptions = {
  storage: {
    choices: ['float32', 'bfloat16', 'float16', 'q8_0', 'q4_0', 'q4_1', 'native'],
    default: 'native, or float32 where all weights are trained',
    help: 'how weights are kept: native as the file has them, with the results of float32; bfloat16 and float16 take 16 bits a weight, q8_0 8.5, q4_1 5, q4_0 4.5: less memory, rounded more, and frozen (LoRA alone can be trained on them); on the native device, others keep float32',
  },
  numerics: {
    choices: ['exact', 'int8', 'bf16'],
    default: 'exact',
    help: 'how products with the weights are computed: int8 (with q8_0, q4_0, q4_1) and bf16 (with bfloat16) round the inputs of every product too: faster, less exact, for inference, on the native device',
  },
  keyValueCache: {
    choices: ['float32', 'bfloat16'],
    default: 'float32',
    help: 'how keys and values of past tokens are kept: bfloat16 takes half the memory and rounds them',
  },
} as const;

export type ModelOption = keyof typeof modelOptions;

/** `native`: blocks and 16-bit floats as the file has them; formats that cannot be computed with become float32. */
export type Storage = (typeof modelOptions.storage.choices)[number];
