"""Names in the `activities.csv` of a Strava account export, in many languages. Data only.

Columns, words of activities and names of months follow the language of the account. Each row has
English first; the others come from exports that people have published.
"""

from parsers.word_tables import type_by_word

# What is read of an activity -> the titles of its column. A title may come twice: the first column
# is rounded and in the units of the account, the second is exact and metric.
STRAVA_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": (
        *("activity id", "aktivitäts-id", "id de l'activité", "id de actividad", "id attività"),
        *("activiteits-id", "aktivitets-id", "aktivitets id", "id da atividade"),
    ),
    "date": (
        *("activity date", "aktivitätsdatum", "date de l'activité", "fecha de la actividad"),
        *("data dell'attività", "data attività", "datum van activiteit", "aktivitetsdatum"),
        *("data da atividade", "datum aktivitet"),
    ),
    "type": (
        *("activity type", "aktivitätsart", "type d'activité", "tipo de actividad"),
        *("tipo di attività", "tipo attività", "activiteitstype", "aktivitetstyp"),
        *("aktivitetstype", "tipo de atividade"),
    ),
    "elapsed": (
        *("elapsed time", "verstrichene zeit", "temps écoulé", "tiempo transcurrido"),
        *("tempo trascorso", "verstreken tijd", "förfluten tid", "forløbet tid", "medgått tid"),
        *("tempo decorrido", "total tid"),
    ),
    "moving": (
        *("moving time", "bewegungszeit", "durée de déplacement", "tiempo en movimiento"),
        *("tempo in movimento", "beweegtijd", "tid i rörelse", "tid i bevægelse", "temps actif"),
        *("tempo de movimento", "tid i bevegelse", "rörelsetid"),
    ),
    "exertion": (
        *("perceived exertion", "gefühlte anstrengung", "effort perçu", "esfuerzo percibido"),
        *("sforzo percepito", "ervaren inspanning", "upplevd ansträngning"),
        *("esforço percebido", "wahrgenommene anstrengung", "oplevet anstrengelse"),
        *("opplevd anstrengelse",),
    ),
    "distance": (
        *("distance", "distanz", "distancia", "distanza", "afstand", "distans", "distanse"),
        *("distância",),
    ),
    "energy": ("calories", "kalorien", "calorías", "calorie", "calorieën", "kalorier", "calorias"),
    "heart_mean": (
        *("average heart rate", "durchschnittliche herzfrequenz"),
        *("fréquence cardiaque moyenne", "frecuencia cardiaca media"),
        *("frequenza cardiaca media", "gemiddelde hartslag", "genomsnittlig puls", "medelpuls"),
    ),
    "heart_max": (
        *("max heart rate", "maximale herzfrequenz", "max. herzfrequenz"),
        *("fréquence cardiaque maximum", "frecuencia cardiaca máxima"),
        *("frequenza cardiaca massima", "maximale hartslag", "maxpuls"),
    ),
    "file": (
        *("filename", "dateiname", "nom du fichier", "nombre de archivo", "nome file"),
        *("bestandsnaam", "filnamn", "filnavn", "nome do arquivo"),
    ),
}

# The first letters of the names of months, as far as each language needs them.
_MONTHS = (
    "jan ene gen janv",
    "feb fév fev feb. févr",
    "mar mär mrt mars mär",
    "apr avr abr april",
    "may mai mag mei maj mayo",
    "jun giu juin juni june",
    "jul lug juil juli july",
    "aug aoû ago août",
    "sep set sept",
    "oct okt out ott",
    "nov",
    "dec dez déc dic des",
)
STRAVA_MONTHS: dict[str, int] = {}
for _number, _words in enumerate(_MONTHS, 1):
    STRAVA_MONTHS |= dict.fromkeys(_words.split(), _number)

# Blanks within a word are written as `_`.
_TYPES: dict[str, str] = {
    "walking": """walk spaziergang gehen promenade marche caminata camminata wandelen promenad
        gå_tur gåtur""",
    "hiking": "hike wanderung wandern randonnée senderismo escursione hiken vandring snowshoe",
    "running": """run trail_run lauf laufen traillauf course_à_pied trail carrera corsa hardlopen
        löpning löb løb løpetur corrida virtual_run löpning""",
    "cycling": """ride mountain_bike_ride gravel_ride e-bike_ride e-mountain_bike_ride velomobile
        radfahrt radfahren rad vélo sortie_vélo vtt ciclismo bicicleta fietsen fietsrit cykling
        cykeltur handcycle pedalada""",
    "indoor_cycling": "virtual_ride virtuelle_radfahrt virtuell_cykling",
    "wheelchair": "wheelchair rollstuhl rullstol",
    "swimming": "swim schwimmen natation natación nuoto zwemmen simning svømning natação",
    "rowing": "rowing virtual_row rudern aviron remo canottaggio roeien rodd roning",
    "paddling": "canoe canoeing kayaking kayak stand_up_paddling paddling kajak kanu",
    "cross_country_skiing": """nordic_ski roller_ski langlauf ski_de_fond längdskidåkning
        längdåkning rollerski rullskidor""",
    "skiing": "alpine_ski backcountry_ski snowboard ski_alpin utförsåkning",
    "strength": "weight_training krafttraining musculation entrenamiento_con_pesas styrketräning",
    "cardio": """workout crossfit high_intensity_interval_training hiit training entraînement
        träning""",
    "elliptical": "elliptical crosstrainer elliptique",
    "stair_climbing": "stair-stepper stair_stepper",
    "yoga": "yoga",
    "pilates": "pilates",
    "racket_sport": "tennis badminton squash pickleball racquetball table_tennis padel",
    "ball_sport": "soccer football_(soccer) fußball football fotboll",
    "climbing": "rock_climb rock_climbing klettern escalade klättring",
    "golf": "golf",
}
STRAVA_TYPES: dict[str, str] = type_by_word(_TYPES)
