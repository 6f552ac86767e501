using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>The arguments of one call, by the names of the function's parameters.</summary>
internal sealed class Arguments
{
    private readonly VocabularyEntry entry;
    private readonly Dictionary<string, Value> values;
    private readonly HyperParameters hyperParameters;

    public Arguments(
        Position at,
        VocabularyEntry entry,
        ImmutableArray<Value> positional,
        Dictionary<string, Value> named,
        HyperParameters hyperParameters)
    {
        At = at;
        this.entry = entry;
        this.hyperParameters = hyperParameters;
        values = named;
        if (positional.Length > entry.Positional)
        {
            throw new CodeError(
                LossDiagnosticKind.Argument, at, $"{entry.Name} takes {entry.Positional} arguments at most without a name, and there are {positional.Length}.", entry.Usage);
        }

        // PyTorch takes NumPy's name too.
        if (entry.Parameters.Contains("dim") && named.Remove("axis", out var axis) && !named.TryAdd("dim", axis))
        {
            throw new CodeError(LossDiagnosticKind.Argument, at, $"'dim' and 'axis' of {entry.Name} are the same argument.", entry.Usage);
        }

        if (named.Keys.FirstOrDefault(name => !entry.Parameters.Contains(name)) is { } unknown)
        {
            throw new CodeError(LossDiagnosticKind.Argument, at, $"{entry.Name} has no argument '{unknown}' here.", entry.Usage);
        }

        for (var i = 0; i < positional.Length; i++)
        {
            if (!values.TryAdd(entry.Parameters[i], positional[i]))
            {
                throw new CodeError(LossDiagnosticKind.Argument, at, $"The argument '{entry.Parameters[i]}' of {entry.Name} is there twice.", entry.Usage);
            }
        }

        if (entry.Parameters.Take(entry.Required).FirstOrDefault(name => !values.ContainsKey(name)) is { } missing)
        {
            throw new CodeError(LossDiagnosticKind.Argument, at, $"The argument '{missing}' of {entry.Name} is missing.", entry.Usage);
        }
    }

    /// <summary>Where the call is.</summary>
    public Position At { get; }

    /// <summary>The number of classes, if it is known.</summary>
    public int? Classes => hyperParameters.Classes;

    /// <summary>Whether an argument is there, and not None.</summary>
    public bool Has(string name) => values.TryGetValue(name, out var value) && value is not NoneValue;

    /// <summary>An argument of any kind, or null.</summary>
    public Value? this[string name] => Has(name) ? values[name] : null;

    public TensorValue Tensor(string name) => this[name] switch
    {
        TensorValue tensor => tensor,
        NumberValue => throw Wrong(LossDiagnosticKind.Type, name, "is a number, and a tensor is needed.", "For numbers use math.exp, math.log, abs, max and so on."),
        var other => throw Wrong(LossDiagnosticKind.Type, name, $"is {Describe(other)}, and a tensor is needed."),
    };

    /// <summary>A tensor of numbers with fractions; integers become float32, as in PyTorch.</summary>
    public TensorValue Floating(string name) => Tensor(name) is { IsFloating: true } floating
        ? floating
        : Arithmetic.Cast(Tensor(name), Element.Single);

    /// <summary>A tensor or a number.</summary>
    public Value Operand(string name) => this[name] switch
    {
        TensorValue tensor => tensor,
        NumberValue number => hyperParameters.Literal(number),
        BooleanValue boolean => boolean,
        var other => throw Wrong(LossDiagnosticKind.Type, name, $"is {Describe(other)}, and a tensor or a number is needed."),
    };

    /// <summary>A tensor or a number, or a number where it is left out.</summary>
    public Value Operand(string name, double otherwise) => Has(name) ? Operand(name) : new NumberValue(otherwise, IsInteger: false);

    public NumberValue Number(string name) => this[name] as NumberValue
        ?? throw Wrong(LossDiagnosticKind.Type, name, $"is {Describe(this[name])}, and a number is needed.");

    public NumberValue Number(string name, double otherwise) => Has(name)
        ? hyperParameters.Literal(Number(name))
        : new NumberValue(otherwise, IsInteger: false);

    /// <summary>A number that is known now.</summary>
    public double Constant(string name, double otherwise = double.NaN) => !Has(name) && !double.IsNaN(otherwise)
        ? otherwise
        : Number(name).Constant ?? throw Wrong(LossDiagnosticKind.Argument, name, "has to be written as a number: it decides what is computed.");

    public bool Flag(string name, bool otherwise = false) => this[name] switch
    {
        null => otherwise,
        BooleanValue flag => flag.Value,
        var other => throw Wrong(LossDiagnosticKind.Type, name, $"is {Describe(other)}, and True or False is needed."),
    };

    public string Text(string name, string otherwise) => this[name] switch
    {
        null => otherwise,
        TextValue text => text.Value,
        var other => throw Wrong(LossDiagnosticKind.Type, name, $"is {Describe(other)}, and a string is needed."),
    };

    public Element? ElementOf(string name) => this[name] switch
    {
        null => null,
        ElementValue type => type.Element,
        var other => throw Wrong(LossDiagnosticKind.Type, name, $"is {Describe(other)}, and a dtype is needed."),
    };

    /// <summary>The only dimension there is, under any of its names; or left out.</summary>
    public void CheckDimension(string name = "dim")
    {
        var dimension = this[name] is TupleValue { Items: [var single] } ? single : this[name];
        if (dimension is not (null or NumberValue { IsInteger: true, Constant: 0 or -1 }))
        {
            throw Wrong(LossDiagnosticKind.Shape, name, "has to be 0 or -1: tensors have one dimension, the pairs of the batch.");
        }
    }

    /// <summary>
    /// What an argument 'dim' asks of a tensor of values per class: true for the classes of each row, false for everything (where it is left out). One
    /// value per class of the whole batch is not accepted.
    /// </summary>
    public bool IsOverClasses(string name = "dim") => this[name] switch
    {
        null or TupleValue { Items: [NumberValue { Constant: 0 }, NumberValue { Constant: 1 }] } => false,
        NumberValue { IsInteger: true, Constant: 1 or -1 } or TupleValue { Items: [NumberValue { IsInteger: true, Constant: 1 or -1 }] } => true,
        _ => throw Wrong(LossDiagnosticKind.Shape, name, "has to be 1 or -1, the classes of each row: a value per class of the whole batch is not accepted."),
    };

    public CodeError Wrong(LossDiagnosticKind kind, string name, string what, string advice = "") =>
        new(kind, At, $"The argument '{name}' of {entry.Name} {what}", advice);

    private static string Describe(Value? value) => value?.Description ?? "None";
}
