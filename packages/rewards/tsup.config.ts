import { library } from '../../tsup.shared.ts';

export default library([
  'src/index.ts',
  'src/test/index.ts',
  'src/verifier/index.ts',
  'src/workers/index.ts',
  'src/workers/worker-main.ts',
]);
