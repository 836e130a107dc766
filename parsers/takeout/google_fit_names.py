"""Names in Google Fit's export: types of data, sources, activities, columns. Data only."""

from parsers.word_tables import type_by_word

# The type of data -> our metric, and whether it is a count over an interval. Positions, food,
# nutrition and segments of sleep are never read.
DATA_TYPES: dict[str, tuple[str, bool]] = {
    "com.google.heart_rate.bpm": ("heart_rate", False),
    "com.google.step_count.delta": ("steps", True),
    "com.google.distance.delta": ("distance", True),
    "com.google.calories.expended": ("total_energy", True),
    "com.google.speed": ("speed", False),
    "com.google.power.sample": ("power", False),
    "com.google.step_count.cadence": ("cadence", False),
    "com.google.cycling.pedaling.cadence": ("cadence", False),
    "com.google.weight": ("weight", False),
    "com.google.oxygen_saturation": ("oxygen_saturation", False),
}
# A stream is read if it is raw, or counts the steps of the phone itself, whose raw form is a
# counter, or is merged from those. All others are made from these, and would say the same once
# more. Behind the arrow some name the stream that they are made from.
RAW_STREAM, OF_THE_PHONE = "raw:", ":derive_step_deltas"
MERGED_STREAM, DERIVED_FROM = ":merge_", "<-"
BY_PERSON = ":user_input"  # the name of the stream of what somebody typed

GOOGLE_FIT_TYPES: dict[str, str] = type_by_word(
    {
        "walking": "walking walking.fitness walking.paced walking.stroller on_foot",
        "nordic_walking": "walking.nordic",
        "hiking": "hiking snowshoeing",
        "running": "running running.jogging running.sand",
        "treadmill": "running.treadmill walking.treadmill treadmill",
        "cycling": "biking biking.hand biking.mountain biking.road biking.utility",
        "indoor_cycling": "biking.spinning biking.stationary",
        "wheelchair": "wheelchair",
        "swimming": "swimming swimming.pool swimming.open_water",
        "rowing": "rowing rowing.machine",
        "paddling": "kayaking standup_paddleboarding",
        "diving": "scuba_diving",
        "cross_country_skiing": "skiing.cross_country skiing.back_country",
        "skiing": "skiing skiing.downhill snowboarding skiing.kite skiing.roller",
        "strength": "strength_training weightlifting kettlebell_training calisthenics crossfit",
        "cardio": """aerobics circuit_training interval_training boxing kickboxing p90x
            interval_training.high_intensity martial_arts martial_arts.mixed jump_rope""",
        "elliptical": "elliptical",
        "stair_climbing": "stair_climbing stair_climbing.machine",
        "yoga": "yoga",
        "pilates": "pilates",
        "mobility": "gymnastics",
        "dance": "dancing zumba",
        "golf": "golf",
        "climbing": "rock_climbing",
        "racket_sport": "tennis badminton squash table_tennis racquetball",
        "ball_sport": """baseball basketball cricket football.american football.australian
            football.soccer handball hockey rugby softball volleyball volleyball.beach
            volleyball.indoor water_polo""",
        "riding": "horseback_riding",
        "other": "other unknown skating ergometer",
    }
)
# Not exercise: nothing is made of such a session.
NOT_EXERCISE = frozenset(("still", "in_vehicle", "tilting", "meditation", "elevator", "escalator"))
SLEEP_WORD = "sleep"  # the beginning of the words for it

# Totals of a session: the metric's name -> our name in Workout.summary, greatest figure.
SESSION_TOTALS: dict[str, tuple[str, float]] = {
    "com.google.step_count.delta": ("steps", 1e7),
    "com.google.distance.delta": ("distance", 1e9),
    "com.google.calories.expended": ("total_energy", 1e6),
}
# Columns of the table of dates, which is written in the language of the account: English first.
DATE_COLUMNS = ("Date", "Datum", "Fecha", "Data", "Dato")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "steps": (
        *("Step count", "Antal steg", "Stegantal", "Schrittzahl", "Anzahl der Schritte"),
        *("Schritte", "Nombre de pas", "Número de pasos", "Recuento de pasos", "Numero di passi"),
        *("Conteggio passi", "Aantal stappen", "Antal skridt", "Antall skritt"),
        *("Número de passos", "Contagem de passos"),
    ),
    "distance": (
        *("Distance (m)", "Distans (m)", "Sträcka (m)", "Distanz (m)", "Entfernung (m)"),
        *("Strecke (m)", "Distancia (m)", "Distanza (m)", "Afstand (m)", "Distanse (m)"),
        *("Avstand (m)", "Distância (m)"),
    ),
    "total_energy": (
        *("Calories (kcal)", "Kalorier (kcal)", "Kalorien (kcal)", "Calorías (kcal)"),
        *("Calorie (kcal)", "Calorieën (kcal)", "Calorias (kcal)"),
    ),
}
COLUMNS_OF_DATES: dict[str, str] = {
    name: metric for metric, names in _COLUMNS.items() for name in names
}
