import { library } from '../../tsup.shared.ts';

export default library([
  'src/index.ts',
  'src/cli.ts',
  'src/worker/main.ts',
  'src/image/build-main.ts',
  'src/doctor/marker-main.ts',
  'src/doctor/outer-walls-main.ts',
  'src/sandbox/javascript/solution.ts',
  'src/sandbox/javascript/checker.ts',
  'src/sandbox/python/interpreters.ts',
]);
