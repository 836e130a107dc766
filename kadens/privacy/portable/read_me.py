"""The page of words in the file that a patient takes along, in Swedish and English."""

READ_ME = """\
DINA UPPGIFTER ATT TA MED

Här finns det som du och dina enheter har lämnat: pass, svar, dygnssummor, mätvärden och filerna
som de kom. Poäng, larm, ordinationer och vårdens anteckningar är inte med; de finns i svaret på en
begäran om registerutdrag. Det som en källa har tagit tillbaka är inte heller med.

json/           allt, en fil för varje slag (samples.jsonl: ett mätvärde på varje rad)
csv/            samma som tabeller, för kalkylprogram
fhir/           samma som en bundle i HL7 FHIR R4
open_mhealth/   datapunkter enligt IEEE 1752.1 och Open mHealth; det som saknar schema finns ovan
originals/      filerna som de kom

Tider är i UTC. Filen innehåller hälsouppgifter i klartext: förvara den därefter.


YOUR DATA TO TAKE ALONG

Here is what you and your devices have supplied: sessions, answers, totals of dates, measured
values and the files as they came. Scores, alerts, prescriptions and notes of the clinic are not in
it; they are in the answer to a request for access. What a source has taken back is not in it.

json/           everything, a file for each kind (samples.jsonl: a measured value on each line)
csv/            the same as tables, for spreadsheets
fhir/           the same as a bundle of HL7 FHIR R4
open_mhealth/   data points of IEEE 1752.1 and Open mHealth; what has no schema there is above
originals/      the files as they came

Times are in UTC. The file holds health data in plain text: keep it accordingly.
"""
