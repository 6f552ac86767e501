using System.Collections.Frozen;

namespace PreferenceLosses.Text.Reading;

/// <summary>What names mean that the text does not define: modules, Python's own functions, and what is imported.</summary>
internal static class Modules
{
    private const string Functional = "torch.nn.functional";

    private static readonly FrozenDictionary<string, string> Known = new Dictionary<string, string>
    {
        ["torch"] = "torch",
        ["nn"] = "torch.nn",
        ["F"] = Functional,
        ["math"] = "math",
        ["typing"] = "typing",
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Importable =
        new[] { "torch", "torch.nn", Functional, "torch.special", "math", "typing", "__future__", "torch.Tensor" }.ToFrozenSet();

    private static readonly FrozenDictionary<string, Element> Elements = new Dictionary<string, Element>
    {
        ["float"] = Element.Single,
        ["float32"] = Element.Single,
        ["double"] = Element.Real,
        ["float64"] = Element.Real,
        ["long"] = Element.Integer,
        ["int64"] = Element.Integer,
        ["int32"] = Element.Integer,
        ["int"] = Element.Integer,
        ["bool"] = Element.Boolean,
    }.ToFrozenDictionary();

    /// <summary>What a name means that is no variable; null if nothing.</summary>
    public static Value? Global(string name) =>
        Known.TryGetValue(name, out var module) ? new ModuleValue(module)
        : Vocabulary.Builtin(name) is { } function ? new FunctionValue(function, null)
        : null;

    public static void Import(ImportSyntax import, Dictionary<string, Value> variables)
    {
        if (!Importable.Contains(import.Module))
        {
            throw new CodeError(LossDiagnosticKind.Import, import.At, $"The module '{import.Module}' is not accepted.", "A loss needs torch, torch.nn.functional and math.");
        }

        if (import.Module is "typing" or "__future__" || import.Name is "Tensor" or "FloatTensor")
        {
            return;     // For annotations, which mean nothing here.
        }

        if (import.Name is null)
        {
            variables[import.Alias ?? import.Module.Split('.')[0]] = new ModuleValue(import.Alias is null ? import.Module.Split('.')[0] : import.Module);
            return;
        }

        variables[import.Alias ?? import.Name] = Importable.Contains($"{import.Module}.{import.Name}")
            ? new ModuleValue($"{import.Module}.{import.Name}")
            : Member(import.At, new ModuleValue(import.Module), import.Name);
    }

    public static Value Member(Position at, ModuleValue module, string name) => (module.Name, name) switch
    {
        ("torch", "nn") => new ModuleValue("torch.nn"),
        ("torch", "special") => new ModuleValue("torch.special"),
        ("torch.nn", "functional") => new ModuleValue(Functional),
        ("torch" or "math", "pi") => Constant(Math.PI),
        ("math", "e") => Constant(Math.E),
        ("math" or "torch", "inf" or "nan") => throw new CodeError(
            LossDiagnosticKind.Number, at, $"'{name}' is not accepted: numbers have to be finite.", "Leave the bound out of clamp, or use a large number."),
        ("torch", _) when Elements.TryGetValue(name, out var element) => new ElementValue(element),
        ("torch", "half" or "float16" or "bfloat16") => throw new CodeError(
            LossDiagnosticKind.Type, at, $"The number type '{name}' is not accepted: losses are computed in float32 or float64.", "Leave the cast out."),
        _ => Vocabulary.Function(module.Name, name) is { } entry
            ? new FunctionValue(entry, null)
            : throw Refusals.OfMember(at, module.Name, name, Vocabulary.Functions(module.Name)),
    };

    public static CodeError UnknownName(Position at, string name, IEnumerable<string> variables) =>
        Refusals.OfName(at, name, variables.Concat(Known.Keys).Concat(Vocabulary.Builtins));

    private static NumberValue Constant(double value) => new(value, IsInteger: false);
}
