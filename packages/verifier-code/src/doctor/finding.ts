// One layer of isolation, and whether it holds on this machine.

export interface Finding {
  layer: string;
  state: 'holds' | 'missing' | 'broken';
  detail: string;
}
