import { library } from '../../tsup.shared.ts';

export default library(['src/index.ts', 'src/watching/headline.ts', 'src/test/index.ts']);
