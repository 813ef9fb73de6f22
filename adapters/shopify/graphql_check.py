"""Check our GraphQL against the Admin schema: ``python -m adapters.shopify.graphql_check``.

``schema.graphql`` holds what our documents use of Shopify's schema and nothing else, so the check
runs anywhere and the practice shop can execute our documents. Where the full schema is at hand
(``--full``), the documents are checked against it too, and the excerpt must be a true part of it.
``--rewrite`` makes the excerpt anew: after a document changed, or for a new API version.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    TypeNode,
    UnionTypeDefinitionNode,
    VariableDefinitionNode,
    Visitor,
    build_ast_schema,
    get_named_type,
    parse,
    print_ast,
    validate,
    visit,
)

from adapters.shopify.documents import API_VERSION, document, names

EXCERPT = Path(__file__).with_name("schema.graphql")
FULL = Path(f"../shared/samples/shopify-schema/admin-{API_VERSION}.graphql.gz")
ROOTS = {"QueryRoot", "Mutation"}
# An interface needs one type that has it, or nothing could answer a question about it.
IMPLEMENTERS = {"DiscountApplication": "AutomaticDiscountApplication", "Media": "MediaImage"}

Fielded = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
Known = (
    Fielded
    | UnionTypeDefinitionNode
    | InputObjectTypeDefinitionNode
    | EnumTypeDefinitionNode
    | ScalarTypeDefinitionNode
)
Used = Mapping[str, Mapping[str, set[str]]]  # type -> field -> arguments


def problems(schema: GraphQLSchema) -> list[str]:
    """What is wrong with our documents under ``schema``, one line each."""
    return [
        f"{name}: {error.message}"
        for name in names()
        for error in validate(schema, parse(document(name)))
    ]


def differences(excerpt: DocumentNode, full: DocumentNode) -> list[str]:
    """What the excerpt says that the full schema does not."""
    whole = _definitions(full)
    return [
        f"{name}: {line} is not in the full schema"
        for name, definition in _definitions(excerpt).items()
        for line in sorted(_claims(definition) - _claims(whole.get(name)))
    ]


def excerpt_of(full: DocumentNode) -> str:
    """The part of the full schema our documents use, as SDL in alphabetical order."""
    whole = _definitions(full)
    used = _used(build_ast_schema(full, assume_valid_sdl=True), whole)
    parts = ["schema {\n  query: QueryRoot\n  mutation: Mutation\n}"]
    for name in sorted(_reached(whole, used)):
        definition = whole[name]
        if isinstance(definition, Fielded):
            fields = [_bare_field(field, used[name]) for field in definition.fields]
            kept = "\n".join(f"  {field}" for field in fields if field)
            kind = "interface" if isinstance(definition, InterfaceTypeDefinitionNode) else "type"
            parts.append(f"{kind} {name}{_has(definition, used)} {{\n{kept}\n}}")
        elif isinstance(definition, UnionTypeDefinitionNode):
            members = " | ".join(_name(one) for one in definition.types if _name(one) in used)
            parts.append(f"union {name} = {members}")
        elif isinstance(definition, InputObjectTypeDefinitionNode):
            inputs = "\n".join(f"  {_bare_input(field)}" for field in _inputs(definition))
            parts.append(f"input {name} {{\n{inputs}\n}}")
        elif isinstance(definition, EnumTypeDefinitionNode):
            values = "\n".join(f"  {value.name.value}" for value in definition.values)
            parts.append(f"enum {name} {{\n{values}\n}}")
        elif isinstance(definition, ScalarTypeDefinitionNode):
            parts.append(f"scalar {name}")
    return (
        "\n\n".join([f"# Admin API {API_VERSION}: what our documents use of it.", *parts]) + "\n"
    )


@click.command()
@click.option("--full", type=click.Path(path_type=Path), default=FULL, show_default=True)
@click.option("--rewrite", is_flag=True, help="Make schema.graphql anew from the full schema.")
def main(full: Path, *, rewrite: bool) -> None:
    """Check our GraphQL; exit 1 and name each problem if there is one."""
    found = []
    if rewrite:
        EXCERPT.write_text(excerpt_of(_read_full(full)), "utf-8")
    excerpt = parse(EXCERPT.read_text("utf-8"))
    found += problems(build_ast_schema(excerpt))
    if full.exists():
        whole = _read_full(full)
        found += problems(build_ast_schema(whole, assume_valid_sdl=True))
        found += differences(excerpt, whole)
    for line in found:
        click.echo(line)
    scope = "both schemas" if full.exists() else "the excerpt (the full schema is not here)"
    click.echo(f"{len(names())} GraphQL documents checked against {scope}")
    raise SystemExit(bool(found))


def _read_full(path: Path) -> DocumentNode:
    return parse(gzip.decompress(path.read_bytes()).decode(), no_location=True)


def _used(schema: GraphQLSchema, whole: Mapping[str, Known]) -> Used:
    """Types, fields and arguments that appear in our documents."""
    used: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    info = TypeInfo(schema)

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_rest: object) -> None:
            parent, field = info.get_parent_type(), info.get_field_def()
            if parent is None or field is None:
                raise ValueError(f"{node.name.value} is not in the full schema")
            used[parent.name][node.name.value].update(a.name.value for a in node.arguments)
            used.setdefault(get_named_type(field.type).name, defaultdict(set))  # scalars too

        def enter_variable_definition(self, node: VariableDefinitionNode, *_rest: object) -> None:
            used.setdefault(_named(node.type), defaultdict(set))

    for name in names():
        visit(parse(document(name)), TypeInfoVisitor(info, Collect()))
    for interface, implementer in IMPLEMENTERS.items():
        if interface in used:
            used.setdefault(implementer, defaultdict(set))
    for name in list(used):
        definition = whole.get(name)
        for had in definition.interfaces if isinstance(definition, Fielded) else ():
            for field, arguments in used.get(_name(had), {}).items():
                used[name][field] |= arguments  # whoever has an interface has all its fields
    return used


def _reached(whole: Mapping[str, Known], used: Used) -> set[str]:
    """Used types and the types of the arguments kept; built-in scalars have no definition."""
    reached = set(used)
    for name, fields in used.items():
        definition = whole.get(name)
        if isinstance(definition, Fielded):
            for field in definition.fields:
                kept = fields.get(field.name.value, set())
                reached |= {_named(a.type) for a in field.arguments if a.name.value in kept}
    waiting = list(reached)
    while waiting:
        definition = whole.get(waiting.pop())
        if isinstance(definition, InputObjectTypeDefinitionNode):
            inside = {_named(field.type) for field in _inputs(definition)} - reached
            reached |= inside
            waiting += inside
    return reached & set(whole)


def _bare_field(field: FieldDefinitionNode, used: Mapping[str, set[str]]) -> str:
    """``name(argument: Type): Type`` without descriptions and directives; empty if not used."""
    if field.name.value not in used:
        return ""
    arguments = [
        _bare_input(argument)
        for argument in field.arguments
        if argument.name.value in used[field.name.value]
    ]
    told = f"({', '.join(arguments)})" if arguments else ""
    return f"{field.name.value}{told}: {print_ast(field.type)}"


def _bare_input(field: InputValueDefinitionNode) -> str:
    default = f" = {print_ast(field.default_value)}" if field.default_value else ""
    return f"{field.name.value}: {print_ast(field.type)}{default}"


def _inputs(definition: InputObjectTypeDefinitionNode) -> list[InputValueDefinitionNode]:
    """The fields of an input that have a future."""
    return [
        field
        for field in definition.fields
        if all(_name(directive) != "deprecated" for directive in field.directives)
    ]


def _has(definition: Fielded, used: Used) -> str:
    interfaces = [i.name.value for i in definition.interfaces if i.name.value in used]
    return f" implements {' & '.join(interfaces)}" if interfaces else ""


def _claims(definition: DefinitionNode | None) -> set[str]:
    """All a definition says, as comparable lines."""
    if isinstance(definition, Fielded):
        return {definition.kind, *_field_claims(definition)}
    if isinstance(definition, UnionTypeDefinitionNode):
        return {definition.kind, *(_name(one) for one in definition.types)}
    if isinstance(definition, InputObjectTypeDefinitionNode):
        return {definition.kind, *(_bare_input(field) for field in definition.fields)}
    if isinstance(definition, EnumTypeDefinitionNode):
        return {definition.kind, *(value.name.value for value in definition.values)}
    return {definition.kind} if definition else set()


def _field_claims(definition: Fielded) -> Iterator[str]:
    yield from (f"implements {interface.name.value}" for interface in definition.interfaces)
    for field in definition.fields:
        place = field.name.value
        yield f"{place}: {print_ast(field.type)}"
        for argument in field.arguments:
            yield f"{place}({argument.name.value}: {print_ast(argument.type)})"


def _definitions(schema: DocumentNode) -> dict[str, Known]:
    return {node.name.value: node for node in schema.definitions if isinstance(node, Known)}


def _name(node: NamedTypeNode | DirectiveNode) -> str:
    return node.name.value


def _named(node: TypeNode) -> str:
    return print_ast(node).strip("[]!")


if __name__ == "__main__":
    main()
