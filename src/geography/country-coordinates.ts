/**
 * Where the clients of a country are: a point for each code of ISO 3166-1 alpha-2 (and XK, Kosovo), in degrees, to a
 * tenth: the mean position of its people, not of its area, because Canada's people live by its southern border. Made
 * from Natural Earth's populated places (1:10 million, in the public domain, naturalearthdata.com): the unit vectors of
 * a country's places, each weighted by its inhabitants, are added, and the sum's direction is the point. Territories
 * without such a place have the position of their largest settlement or station. docs/decisions/023 has the measured
 * accuracy.
 */
import type { Coordinates } from "../model.ts";

const TABLE = `
  AD 42.5 1.5; AE 25.1 55.3; AF 34.5 67.8; AG 17.1 -61.9; AI 18.2 -63.1; AL 41.2 19.8; AM 40.3 44.5; AO -9.8 13.9;
  AQ -84 -38.1; AR -33.3 -60.9; AS -14.3 -170.7; AT 48 15.6; AU -33.8 145.3; AW 12.5 -70; AX 60.1 19.9;
  AZ 40.4 49.1; BA 44.1 18; BB 13.1 -59.6; BD 23.5 90.5; BE 50.9 4.5; BF 12.2 -2.1; BG 42.8 24.9; BH 26.2 50.6;
  BI -3.3 29.6; BJ 7.5 2.4; BL 17.9 -62.8; BM 32.3 -64.8; BN 4.9 114.9; BO -17.3 -65.5; BQ 12.2 -68.3;
  BR -18.3 -45.7; BS 25.2 -77.5; BT 27.5 89.6; BV -54.4 3.4; BW -23.4 25.9; BY 53.6 27.9; BZ 17.5 -88.5;
  CA 48.2 -87.5; CC -12.2 96.8; CD -4.7 20.4; CF 4.9 18.7; CG -4.1 14.2; CH 46.9 7.5; CI 6 -4.7; CK -21.3 -159.8;
  CL -33.7 -71.2; CM 5.1 11.1; CN 33.3 114.7; CO 6.1 -74.8; CR 10 -84.1; CU 22 -79.7; CV 15.7 -24.1; CW 12.2 -69;
  CX -10.4 105.7; CY 34.9 33.2; CZ 49.9 15.6; DE 50.9 9.5; DJ 11.6 43.1; DK 55.8 11.5; DM 15.3 -61.4;
  DO 18.9 -70.2; DZ 35.3 3.4; EC -1.4 -79.3; EE 59.2 25.5; EG 29.8 31.2; EH 26.1 -9.7; ER 15.1 39.2; ES 40.1 -2.8;
  ET 9.2 38.9; FI 61.3 24.9; FJ -17.9 178.2; FK -51.7 -58; FM 6.9 158.1; FO 62.1 -6.8; FR 47.3 2.9; GA 0 10.1;
  GB 52.7 -1.5; GD 12.1 -61.7; GE 41.8 44; GF 5.1 -52.8; GG 49.5 -2.5; GH 6.4 -0.9; GI 36.1 -5.4; GL 66.2 -50.4;
  GM 13.3 -16.4; GN 9.7 -12.5; GP 16.2 -61.5; GQ 2.7 9.4; GR 38.5 23.5; GS -54.3 -36.5; GT 14.9 -90.7;
  GU 13.5 144.8; GW 11.9 -15.5; GY 6.6 -58.1; HK 22.3 114.2; HM -53.1 73.5; HN 14.7 -87.5; HR 45.1 16.1;
  HT 18.7 -72.5; HU 47.3 19.3; ID -4.5 109.2; IE 53.1 -7; IL 32.1 34.9; IM 54.2 -4.5; IN 21.6 78.6; IO -7.3 72.4;
  IQ 33.7 44.6; IR 34.6 52; IS 64.3 -21.5; IT 42.7 12.1; JE 49.2 -2.1; JM 18 -77; JO 32 35.9; JP 35.7 137.7;
  KE -1.3 37; KG 42 74.2; KH 11.9 104.7; KI 1.3 173; KM -11.7 43.2; KN 17.3 -62.7; KP 39.5 126.6; KR 36.6 127.5;
  KW 29.4 48; KY 19.3 -81.3; KZ 48 70.5; LA 17.9 103.2; LB 33.9 35.6; LC 14 -61; LI 47.1 9.5; LK 7.7 80.3;
  LR 6.3 -10.5; LS -29.4 27.6; LT 55.1 24.1; LU 49.6 6.1; LV 56.8 24.1; LY 32.2 16; MA 33.3 -7.1; MC 43.7 7.4;
  MD 47 28.8; ME 42.5 19.3; MF 18.1 -63.1; MG -18.7 47.5; MH 7.1 171.4; MK 41.9 21.3; ML 13.2 -6.9; MM 18.4 96.2;
  MN 48.1 105.2; MO 22.2 113.5; MP 15.2 145.8; MQ 14.6 -61.1; MR 17.9 -14.4; MS 16.8 -62.2; MT 35.9 14.5;
  MU -20.2 57.5; MV 4.2 73.5; MW -14.4 34.4; MX 21.9 -100.7; MY 4.1 103.8; MZ -21.2 35; NA -21.9 17.2;
  NC -22.3 166.4; NE 14.1 4.8; NF -29 168; NG 8.1 6.1; NI 12.4 -86.2; NL 52.1 4.9; NO 60.9 9.7; NP 27.6 84.9;
  NR -0.5 166.9; NU -19.1 -169.9; NZ -39 174.5; OM 22.8 57.6; PA 8.9 -79.9; PE -11.3 -76.5; PF -17.5 -149.6;
  PG -7.3 147.1; PH 12.7 122.1; PK 29.6 70.7; PL 51.7 19.2; PM 46.8 -56.2; PN -25.1 -130.1; PR 18.4 -66.3;
  PS 31.7 34.8; PT 39.5 -9.3; PW 7.4 134.5; PY -25.4 -57.1; QA 25.3 51.5; RE -20.9 55.5; RO 45.5 25.4;
  RS 44.6 20.6; RU 57.2 53.6; RW -2 29.9; SA 24.2 44.1; SB -9.3 159.8; SC -4.6 55.4; SD 15.3 32.3; SE 59 15.8;
  SG 1.3 103.9; SH -15.9 -5.7; SI 46.2 14.8; SJ 78.2 15.5; SK 48.5 18.8; SL 8.4 -12.6; SM 43.9 12.5; SN 14.5 -17;
  SO 2.4 44.8; SR 5.6 -55.2; SS 6.7 30.1; ST 0.4 6.7; SV 13.7 -89.1; SX 18 -63.1; SY 35 37; SZ -26.4 31.3;
  TC 21.5 -71.1; TD 11.4 16.3; TF -49.3 70.2; TG 6.6 1.1; TH 13.8 100.7; TJ 39 69.2; TK -9.2 -171.8; TL -8.6 125.6;
  TM 38.8 59.3; TN 36 10.2; TO -20.8 -175; TR 39.5 32.6; TT 10.5 -61.5; TV -8.5 179.2; TW 24.3 121.1; TZ -5.9 36.9;
  UA 49.1 32.4; UG 0.9 32.6; UM 19.3 166.6; US 38.5 -93.1; UY -34 -56.2; UZ 40.6 68.3; VA 41.9 12.4; VC 13.1 -61.2;
  VE 10 -67.8; VG 18.4 -64.6; VI 17.8 -64.7; VN 15.4 106.6; VU -17.2 168; WF -13.3 -176.2; WS -13.8 -171.7;
  XK 42.6 20.9; YE 14.5 44.5; YT -12.8 45.3; ZA -29 26.8; ZM -14 28.3; ZW -18.6 30.4`;

export const countryCoordinates: ReadonlyMap<string, Coordinates> = new Map(
  TABLE.split(";").map((row) => {
    const [country = "", latitude, longitude] = row.trim().split(" ");
    return [country, { latitude: Number(latitude), longitude: Number(longitude) }] as const;
  }),
);
