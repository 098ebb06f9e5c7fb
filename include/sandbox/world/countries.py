"""Names, towns and streets of the countries where the made-up people live."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A name as people write it, and in the letters of an e-mail address."""

    text: str
    ascii: str


@dataclass(frozen=True, slots=True)
class Town:
    """City, state (empty where the country has none) and postal code."""

    city: str
    state: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country with what its people are called and where they live."""

    name: str
    dial: str
    first_names: tuple[Name, ...]
    last_names: tuple[Name, ...]
    streets: tuple[str, ...]
    towns: tuple[Town, ...]


def _names(listing: str) -> tuple[Name, ...]:
    """Names from `text` or `text=ascii` words; a name's spaces are written as underscores."""
    pairs = (word.partition("=") for word in listing.split())
    return tuple(Name(text.replace("_", " "), ascii_ or text.lower()) for text, _, ascii_ in pairs)


def _towns(*listing: str) -> tuple[Town, ...]:
    """Towns from `city|state|postal code`."""
    return tuple(Town(*town.split("|")) for town in listing)


FRANCE = Country(
    name="France",
    dial="33",
    first_names=_names(
        "Léa=lea Chloé=chloe Camille Zoé=zoe Hélène=helene Anaïs=anais Juliette Noémie=noemie "
        "François=francois Jérôme=jerome Loïc=loic Étienne=etienne Lucas Théo=theo Jean-Baptiste=jean-baptiste Hugo"
    ),
    last_names=_names(
        "Martin Lefèvre=lefevre Moreau Garnier Bœuf=boeuf Fournier Béranger=beranger d'Aubigné=daubigne "
        "Le_Goff=legoff Chevalier Rousseau Desprès=despres Marchand Gauthier Lemaître=lemaitre Vidal"
    ),
    streets=("rue des Lilas", "avenue de la République", "boulevard Saint-Michel", "place de l'Église"),
    towns=_towns("Paris||75011", "Lyon||69003", "Nantes||44000", "Saint-Étienne||42000", "Orléans||45000"),
)
GERMANY = Country(
    name="Germany",
    dial="49",
    first_names=_names("Jürgen=juergen Björn=bjoern Käthe=kaethe Anna Lukas Sören=soeren Marlene Günter=guenter"),
    last_names=_names(
        "Müller=mueller Schröder=schroeder Weiß=weiss Krüger=krueger Becker Hofmann Jäger=jaeger Voß=voss"
    ),
    streets=("Goethestraße", "Am Alten Markt", "Lindenallee"),
    towns=_towns("Berlin||10115", "München||80331", "Köln||50667", "Düsseldorf||40213"),
)
POLAND = Country(
    name="Poland",
    dial="48",
    first_names=_names("Łukasz=lukasz Małgorzata=malgorzata Zofia Paweł=pawel Agnieszka Wojciech"),
    last_names=_names("Wiśniewski=wisniewski Wójcik=wojcik Kowalska=kowalska Dąbrowski=dabrowski Zając=zajac"),
    streets=("ulica Długa", "aleja Wolności"),
    towns=_towns("Warszawa||00-001", "Kraków||30-001", "Łódź||90-001"),
)
SPAIN = Country(
    name="Spain",
    dial="34",
    first_names=_names("José=jose María=maria Íñigo=inigo Núria=nuria Álvaro=alvaro Begoña=begona"),
    last_names=_names("García_Núñez=garcia Ibáñez=ibanez Muñoz=munoz Peña=pena Sánchez_Díaz=sanchez"),
    streets=("calle Mayor", "paseo de la Alameda"),
    towns=_towns("Madrid|Madrid|28013", "Sevilla|Sevilla|41001", "A Coruña|A Coruña|15001"),
)
UNITED_STATES = Country(
    name="United States",
    dial="1",
    first_names=_names("Olivia Noah Ava Ethan Sofía=sofia DeShawn Mary-Anne=mary-anne Zoë=zoe"),
    last_names=_names("Smith O'Connor=oconnor Nguyen Johnson Ramírez=ramirez McAllister=mcallister Washington Lee"),
    streets=("Main Street", "Elm Avenue", "5th Street NW"),
    towns=_towns("Springfield|IL|62701", "Austin|TX|73301", "Portland|OR|97201", "Albany|NY|12207"),
)
BRAZIL = Country(
    name="Brazil",
    dial="55",
    first_names=_names("João=joao Conceição=conceicao Luíza=luiza Antônio=antonio Thaís=thais"),
    last_names=_names("Gonçalves=goncalves Araújo=araujo Magalhães=magalhaes Simões=simoes"),
    streets=("Rua das Flores", "Avenida São João"),
    towns=_towns("São Paulo|SP|01001-000", "Belo Horizonte|MG|30110-000", "Brasília|DF|70040-010"),
)
JAPAN = Country(
    name="Japan",
    dial="81",
    first_names=_names("陽菜=hina 蓮=ren 美咲=misaki 大翔=hiroto さくら=sakura"),
    last_names=_names("佐藤=sato 鈴木=suzuki 髙橋=takahashi 渡邊=watanabe 齋藤=saito"),
    streets=("中央通り", "本町"),
    towns=_towns("千代田区|東京都|100-0001", "大阪市|大阪府|530-0001", "札幌市|北海道|060-0001"),
)
CHINA = Country(
    name="China",
    dial="86",
    first_names=_names("伟=wei 芳=fang 秀英=xiuying 子涵=zihan"),
    last_names=_names("王=wang 李=li 欧阳=ouyang 张=zhang"),
    streets=("人民路", "解放大道"),
    towns=_towns("北京|北京市|100000", "上海|上海市|200000", "成都|四川省|610000"),
)

# A country that appears more often has more people.
COUNTRIES = (
    *(FRANCE,) * 6,
    *(GERMANY,) * 3,
    *(UNITED_STATES,) * 3,
    *(SPAIN,) * 2,
    *(POLAND,) * 2,
    *(BRAZIL,) * 2,
    JAPAN,
    CHINA,
)
LONG_LAST_NAME = Name(
    "Wolfeschlegelsteinhausenbergerdorff-Östergötlandström von und zu Hohenfriedberg", "wolfeschlegel"
)
