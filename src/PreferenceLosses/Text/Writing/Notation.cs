using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>A way to write formulas down: PyTorch, C#, LaTeX, plain text. Arithmetic, signs and parentheses are here.</summary>
internal abstract class Notation
{
    /// <summary>The text of a node, from the texts of its operands.</summary>
    public abstract Piece Render(Expr node, ImmutableArray<Piece> operands);

    /// <summary>A node that the notation has a word for, so that its operands need not be written; otherwise null.</summary>
    public virtual Piece? WordFor(Expr node) => null;

    /// <summary>What a named sub-expression is called, before names are made unique.</summary>
    public abstract string NameOf(string name);

    /// <summary>What an unnamed one is called.</summary>
    public abstract string NumberedName(int number);

    /// <summary>How a name is used in a formula, the value being written as <paramref name="value"/>.</summary>
    public virtual Piece Variable(string name, Piece value) => new(name, Binding.Name, Kind: value.Kind);

    /// <summary>The text as the right-hand side of a definition.</summary>
    public virtual Piece Value(Piece piece) => piece;

    /// <summary>Whether a node used several times is written each time rather than given a name.</summary>
    public abstract bool IsShort(Expr node, Piece piece);

    /// <summary>Whether a text is long enough to be given a name, so that formulas of any size stay readable, and small.</summary>
    public abstract bool IsLong(Piece piece);

    /// <summary>How often the text of a node repeats that of its operand.</summary>
    public virtual int Repetitions(Expr node) => 1;

    /// <summary>Whether a minus in front of a product stays a sign of its own there.</summary>
    protected virtual bool CanFollowSign(string product) => true;

    protected virtual string Plus => " + ";

    protected virtual string Minus => " - ";

    protected virtual string Sign => "-";

    protected virtual string Times => " * ";

    protected virtual string Over => " / ";

    /// <summary>The whole text, sign included.</summary>
    public string Text(Piece piece) => Text(piece, Binding.Condition);

    /// <summary>The whole text, in parentheses if it binds less than it has to.</summary>
    public string Text(Piece piece, Binding atLeast)
    {
        var (text, binding) = (piece.Text, piece.Binding);
        if (piece.IsNegative)
        {
            // −a·b is minus the product or the product of −a, which is the same number.
            var isOpen = binding >= Binding.Product && CanFollowSign(text);
            (text, binding) = (Sign + (isOpen ? text : Parentheses(text)), isOpen && binding == Binding.Product ? Binding.Product : Binding.Sign);
        }

        return binding < atLeast ? Parentheses(text) : text;
    }

    protected virtual string Parentheses(string text) => $"({text})";

    protected Piece Sum(Piece a, Piece b)
    {
        // a + (−b) is a − b.
        var right = Text(b.Magnitude, Binding.Product);
        return new(Text(a, Binding.Sum) + (b.IsNegative ? Minus : Plus) + right, Binding.Sum, Kind: KindOf(a, b));
    }

    protected virtual Piece Product(Piece a, Piece b) => new(
        Text(a.Magnitude, Binding.Product) + Times + Text(b.Magnitude, Binding.Sign), Binding.Product, a.IsNegative != b.IsNegative, KindOf(a, b));

    protected virtual Piece Quotient(Piece a, Piece b) => new(
        Text(a.Magnitude, Binding.Product) + Over + Text(b.Magnitude, Binding.Sign), Binding.Product, a.IsNegative != b.IsNegative, KindOf(a, b));

    /// <summary>The arithmetic that all notations write alike; null for other operations.</summary>
    protected Piece? Arithmetic(Operation operation, Piece a, Piece b) => operation switch
    {
        Operation.Negate => a.Negated,
        Operation.Add => Sum(a, b),
        Operation.Subtract => Sum(a, b.Negated),
        Operation.Multiply => Product(a, b),
        Operation.Divide => Quotient(a, b),
        _ => null,
    };

    /// <summary>A comparison in the order in which it is read: 0 &lt; ρ is written ρ &gt; 0.</summary>
    protected static (Piece Left, string Sign, Piece Right) Comparison(Expr node, Piece a, Piece b, string less, string lessOrEqual, string greater, string greaterOrEqual)
    {
        var (forwards, backwards) = node.Operation == Operation.Less ? (less, greater) : (lessOrEqual, greaterOrEqual);
        return IsBetterTurned(node.Operands[0], node.Operands[1]) ? (b, backwards, a) : (a, forwards, b);
    }

    /// <summary>A number or a statistic stands on the right, and so does the rejected completion.</summary>
    private static bool IsBetterTurned(Expr left, Expr right) =>
        left.Shape != right.Shape ? left.Shape < right.Shape : ColumnPlace(left) > ColumnPlace(right);

    private static int ColumnPlace(Expr node) => node.Operation == Operation.Input ? Array.IndexOf(PairGraph.Columns, node.Name) : -1;

    protected static PieceKind KindOf(params ReadOnlySpan<Piece> operands)
    {
        foreach (var operand in operands)
        {
            if (operand.Kind != PieceKind.Number)
            {
                return PieceKind.Tensor;
            }
        }

        return PieceKind.Number;
    }

    /// <summary>Whether a node is x·x.</summary>
    protected static bool IsSquare(Expr node) =>
        node.Operation == Operation.Multiply && ReferenceEquals(node.Operands[0], node.Operands[1]);
}
