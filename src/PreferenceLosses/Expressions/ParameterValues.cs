using System.Collections;
using System.Collections.Immutable;
using System.Globalization;

namespace PreferenceLosses.Expressions;

/// <summary>A hyper-parameter and the value bound to it.</summary>
/// <param name="Parameter">The hyper-parameter.</param>
/// <param name="Value">Its value.</param>
public readonly record struct ParameterValue(Parameter Parameter, double Value);

/// <summary>The hyper-parameters of one loss with their values. Immutable; equal if names and values are.</summary>
public sealed class ParameterValues : IReadOnlyList<ParameterValue>, IEquatable<ParameterValues>
{
    private readonly ImmutableArray<ParameterValue> values;

    private ParameterValues(ImmutableArray<ParameterValue> values) => this.values = values;

    /// <summary>The given hyper-parameters at their defaults.</summary>
    /// <param name="parameters">The hyper-parameters, each name once.</param>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public static ParameterValues DefaultsOf(params ReadOnlySpan<Parameter> parameters)
    {
        var builder = ImmutableArray.CreateBuilder<ParameterValue>(parameters.Length);
        foreach (var parameter in parameters)
        {
            if (builder.Any(known => known.Parameter.Name == parameter.Name))
            {
                throw new ArgumentException($"The parameter '{parameter.Name}' is declared twice.", nameof(parameters));
            }

            builder.Add(new ParameterValue(parameter, parameter.Default));
        }

        return new ParameterValues(builder.MoveToImmutable());
    }

    /// <summary>Hyper-parameters with the values that they have; each name once.</summary>
    internal static ParameterValues Of(IEnumerable<ParameterValue> values)
    {
        var bound = values.ToImmutableArray();
        return bound.Aggregate(DefaultsOf([.. bound.Select(each => each.Parameter)]), (all, each) => all.With(each.Parameter.Name!, each.Value));
    }

    /// <summary>The number of hyper-parameters.</summary>
    public int Count => values.Length;

    /// <summary>The hyper-parameter at a position, with its value.</summary>
    /// <param name="index">The position, in the order of declaration.</param>
    public ParameterValue this[int index] => values[index];

    /// <summary>The value of a hyper-parameter.</summary>
    /// <param name="parameter">The hyper-parameter.</param>
    /// <exception cref="ArgumentException">The loss does not have it.</exception>
    public double this[Parameter parameter] => this[parameter.Name!];

    /// <summary>The value of a hyper-parameter, by name.</summary>
    /// <param name="name">The name, in snake_case.</param>
    /// <exception cref="ArgumentException">The loss does not have it.</exception>
    public double this[string name] => values[IndexOf(name)].Value;

    /// <summary>The same with one value changed.</summary>
    /// <param name="name">The name of the hyper-parameter.</param>
    /// <param name="value">The new value.</param>
    /// <exception cref="ArgumentException">The loss does not have it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The value is not accepted.</exception>
    public ParameterValues With(string name, double value)
    {
        var index = IndexOf(name);
        var parameter = values[index].Parameter;
        return new ParameterValues(values.SetItem(index, new ParameterValue(parameter, parameter.Validate(value))));
    }

    /// <inheritdoc/>
    public bool Equals(ParameterValues? other)
    {
        if (other is null || other.Count != Count)
        {
            return false;
        }

        for (var i = 0; i < Count; i++)
        {
            if (this[i].Parameter.Name != other[i].Parameter.Name || !this[i].Value.Equals(other[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParameterValues);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (parameter, value) in values)
        {
            hash.Add(parameter.Name);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <summary>"beta = 0.05, tau = 0.05".</summary>
    public override string ToString() => string.Join(
        ", ",
        values.Select(bound => $"{bound.Parameter.Name} = {bound.Value.ToString(CultureInfo.InvariantCulture)}"));

    /// <inheritdoc/>
    public IEnumerator<ParameterValue> GetEnumerator() => ((IEnumerable<ParameterValue>)values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string name)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Parameter.Name == name)
            {
                return i;
            }
        }

        var known = values.Length == 0 ? "it has none" : "it has " + string.Join(", ", values.Select(v => v.Parameter.Name));
        throw new ArgumentException($"The loss has no parameter '{name}'; {known}.", nameof(name));
    }
}
