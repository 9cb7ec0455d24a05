export { type Adapter, type AdapterConfig, readAdapter, writeAdapter } from './adapters/peft-adapter.ts';
export type { BlockType, DataType, PlainType } from './data-types.ts';
export { CheckpointError, type CheckpointErrorCode } from './errors.ts';
export { type FileWriter, writeFileAtomically } from './files/atomic-file.ts';
export {
  MANIFEST_NAME,
  recoverFolder,
  sha256OfFile,
  verifyFolder,
  writeFolderAtomically,
} from './files/atomic-folder.ts';
export { ggufConfig } from './gguf/config.ts';
export { firstNotFinite } from './gguf/finite-blocks.ts';
export { ggufToHuggingFaceName, huggingFaceToGgufName } from './gguf/name-map.ts';
export { type GgufFile, openGguf } from './gguf/open.ts';
export type { GgufNumbers, GgufValue } from './gguf/values.ts';
export { type ModelTensors, openModelTensors } from './model-tensors.ts';
export { openSafetensors } from './safetensors/open.ts';
export { type TensorToWrite, type WritableType, type WriteOptions, writeSafetensors } from './safetensors/write.ts';
export type { ReadOptions, TensorEntry, TensorFile } from './tensor-file.ts';
