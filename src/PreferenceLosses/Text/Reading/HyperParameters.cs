using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>What of a text becomes a hyper-parameter: β, parameters with defaults, and numbers on request.</summary>
internal sealed class HyperParameters(LossCodeOptions options, List<LossCodeNote> notes)
{
    public const string Beta = "beta";

    /// <summary>The number of classes, for objectives of logits and targets; null if it is not known.</summary>
    public int? Classes => options.Classes;

    private readonly Dictionary<string, Parameter> parameters = [];
    private readonly HashSet<string> declared = [];
    private int literals;

    /// <summary>A hyper-parameter of the loss's owner, as <c>self.beta</c>; null if trainers have none of that name. β's default is the DiscoPOP paper's.</summary>
    public NumberValue? OfOwner(Position at, string name)
    {
        if (declared.Contains(name))
        {
            throw new CodeError(LossDiagnosticKind.Name, at, $"'self.{name}' and '{name}' would be two hyper-parameters of one name.", "Use one of them.");
        }

        return parameters.TryGetValue(name, out var known) ? Number(known) : name switch
        {
            Beta => Number(Add(new Parameter(Beta, "β", 0.05, Bounds.Positive, "The DiscoPOP paper uses 0.05."))),
            "label_smoothing" => Number(Add(new Parameter(name, "ε", 0, Bounds.Between(0, 1)))),
            _ => null,
        };
    }

    /// <summary>A parameter of the function that has a default; or β as a constant above the function.</summary>
    public NumberValue Declared(Position at, string name, double value)
    {
        if (parameters.ContainsKey(name))
        {
            throw new CodeError(LossDiagnosticKind.Signature, at, $"The hyper-parameter '{name}' is given twice.");
        }

        declared.Add(name);
        return Number(Add(name == Beta ? New(at, name, "β", value, Bounds.Positive) : New(at, name, name, value, Bounds.Finite)));
    }

    /// <summary>A number of the text, or the hyper-parameter that it becomes.</summary>
    public NumberValue Literal(NumberValue literal)
    {
        if (!options.LiteralsAsParameters || literal is not { IsLiteral: true, Constant: { } value })
        {
            return literal;
        }

        var name = FormattableString.Invariant($"c{++literals}");
        return parameters.ContainsKey(name)
            ? Literal(literal)
            : Number(Add(new Parameter(name, FormattableString.Invariant($"c_{literals}"), value, Bounds.Finite)));
    }

    /// <summary>The hyper-parameters that the formulas contain: β first, the others in the order in which they were met.</summary>
    public ReadOnlySpan<Parameter> Used(List<Expr> nodes)
    {
        var used = nodes.OfType<Parameter>().ToHashSet();
        foreach (var unused in parameters.Values.Where(p => !used.Contains(p)))
        {
            notes.Add(new LossCodeNote(LossCodeNoteKind.Remark, 0, $"The hyper-parameter '{unused.Name}' has no influence and was left out."));
        }

        return parameters.Values.Where(used.Contains).OrderBy(p => p.Name != Beta).ToArray();
    }

    private Parameter Add(Parameter parameter)
    {
        parameters.Add(parameter.Name!, parameter);
        return parameter;
    }

    private static NumberValue Number(Parameter parameter) => new(parameter, IsInteger: false);

    private static Parameter New(Position at, string name, string symbol, double value, Bounds bounds)
    {
        try
        {
            return new Parameter(name, symbol, value, bounds);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new CodeError(LossDiagnosticKind.Number, at, $"The default of '{name}' has to be {bounds}.");
        }
        catch (ArgumentException)
        {
            throw new CodeError(LossDiagnosticKind.Signature, at, $"'{name}' is no name of a hyper-parameter.", "Write it in snake_case: a-z, 0-9, _; a letter first.");
        }
    }
}
