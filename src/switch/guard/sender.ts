/** What the guards know of the port that a frame came in through. */
export interface Sender {
  readonly name: string;
  /** Servers and routers may be behind it. */
  readonly trusted: boolean;
  /** It is trusted, or its grant names its addresses, which was enforced before. */
  readonly bound: boolean;
}
